import { count, duration, figure, figureName, percent } from '../figures.ts';
import { html, type Html } from '../html.ts';
import { chart, details, section, table, type Section } from '../layout.ts';
import type { DataSummary, Notice, RunReport } from '../run-report.ts';

const classTable = (classes: DataSummary['classes']): Html => {
  const most = Math.max(1, ...classes.map((entry) => entry.count));
  const tasks = new Set(classes.map(({ task }) => task)).size > 1;
  const rows = classes.map(({ label, count: texts, task }) => [
    ...(tasks ? [task ?? ''] : []),
    label,
    texts,
    html`<td>
      <span class="bar"><i style="width:${((100 * texts) / most).toFixed(1)}%"></i></span>
    </td>`,
  ]);
  const columns = [
    ...(tasks ? [{ title: 'task', filter: true }] : []),
    { title: 'label' },
    { title: 'training texts', number: true },
    { title: '', width: '45%', fixed: true },
  ];
  return table(columns, rows, { label: 'labels by size', ...(rows.length > 20 && { search: 'find a label' }) });
};

export const notes = (all: readonly Notice[]): Html =>
  html`${all.map(({ level, message }) => html`<div class="note ${level}">${message}</div>`)}`;

/** Parts, class sizes and whatever was found out about the data and the run. */
export const dataSection = ({ data, notices = [] }: RunReport): Section[] => {
  const { classes, sizes, files } = data;
  const all = sizes.train + sizes.validation + sizes.test;
  const sorted = classes.toSorted((a, b) => b.count - a.count);
  const median = sorted[Math.floor(sorted.length / 2)]?.count ?? 0;
  const parts = (['train', 'validation', 'test'] as const).map((part) => [
    part,
    sizes[part],
    percent(all === 0 ? 0 : sizes[part] / all),
  ]);
  const summary = `${count(classes.length)} labels with ${count(sorted.at(-1)?.count ?? 0)} to ${count(sorted[0]?.count ?? 0)} training texts each, ${count(median)} in the middle`;
  const columns = [{ title: 'part' }, { title: 'texts', number: true }, { title: 'share', number: true }];
  const content = html`${notes([...notices, ...data.notes])}
    <div class="columns">
      <div>
        ${table(columns, parts, { label: 'parts', sort: false })}
        <p>${summary}.</p>
        ${files?.map((file) => html`<p class="soft small"><code>${file}</code></p>`)}
      </div>
      ${classTable(sorted)}
    </div>`;
  return section('data', 'Data', content);
};

const stageColors = ['#2f7fb8', '#e0562b', '#3a9d6e', '#8e6bbf', '#d9a441', '#4db3b8', '#b85c7d', '#7d8794'] as const;

/** Where the time went. */
const timings = (seconds: RunReport['timings']): Html | undefined => {
  const stages = Object.entries(seconds);
  if (stages.length === 0) return undefined;
  const total = stages.reduce((sum, [, stage]) => sum + stage, 0) || 1;
  const color = (i: number): string => stageColors[i % stageColors.length]!;
  return html`<div>
    <h3>Where the time went</h3>
    <div class="stack">
      ${stages.map(([stage, seconds], i) => html`<i title="${stage}" style="width:${((100 * seconds) / total).toFixed(2)}%;background:${color(i)}"></i>`)}
    </div>
    <table>
      <tbody>
        ${stages.map(
          ([stage, seconds], i) =>
            html`<tr>
              <td><span class="dot" style="background:${color(i)}"></span>${stage}</td>
              <td class="n">${duration(seconds)}</td>
              <td class="n">${percent(seconds / total)}</td>
            </tr>`,
        )}
      </tbody>
    </table>
  </div>`;
};

/** `optimizer.learningRate` → value, for any depth. */
const flatten = (value: unknown, path: string): [string, string][] =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
    ? Object.entries(value).flatMap(([key, inner]) => flatten(inner, path === '' ? key : `${path}.${key}`))
    : value === undefined
      ? []
      : [[path, typeof value === 'string' ? value : JSON.stringify(value)]];

/** Every option, a row each. */
export const optionsTable = (options: object): Html =>
  html`<table>
    <tbody>
      ${flatten(options, '').map(
        ([key, value]) =>
          html`<tr>
            <td><code>${key}</code></td>
            <td><code>${value}</code></td>
          </tr>`,
      )}
    </tbody>
  </table>`;

const evaluationsTable = (evaluations: RunReport['evaluations']): Html => {
  const names = ['accuracy', 'exactMatch', 'macroF1', 'microF1', 'weightedF1', 'pathAccuracy'].filter((name) =>
    evaluations.some(({ figures }) => figures[name] !== undefined),
  );
  const tasks = evaluations.some(({ task }) => task !== undefined);
  const columns = [
    { title: 'part' },
    ...(tasks ? [{ title: 'task' }] : []),
    ...['epoch', 'step', 'loss', ...names.map(figureName)].map((title) => ({ title, number: true })),
  ];
  const rows = evaluations.map(({ split, task, epoch, step, loss, figures }) => [
    split,
    ...(tasks ? [task ?? ''] : []),
    epoch.toFixed(2),
    step,
    loss === undefined ? '–' : loss.toFixed(4),
    ...names.map((name) => (figures[name] === undefined ? '–' : figure(name, figures[name], 2))),
  ]);
  return details(
    evaluations.length === 1 ? 'the evaluation in figures' : `all ${count(evaluations.length)} evaluations in figures`,
    table(columns, rows, { label: 'evaluations' }),
  );
};

/** The curves of loss, rate and scores, and the evaluations in figures. */
export const trainingSection = ({ evaluations }: RunReport, curves: string | undefined): Section[] =>
  curves === undefined
    ? []
    : section(
        'training',
        'Training',
        html`${chart(curves, 'curves')} ${evaluations.length > 0 && evaluationsTable(evaluations)}`,
      );

/** The recipe, where the time went, and the files beside the page. */
export const runSection = (report: RunReport, files: readonly { path: string; what: string }[]): Section[] => {
  const list = files.map(
    ({ path, what }) => html`<li><a href="${path}">${path}</a> <span class="soft">${what}</span></li>`,
  );
  const content = html`<div class="columns">
    <div>
      <h3>Recipe</h3>
      ${optionsTable(report.recipe)}
    </div>
    <div>
      ${timings(report.timings)}
      <h3>Files beside this page</h3>
      <ul class="files">
        ${list}
      </ul>
    </div>
  </div>`;
  return section('run', 'Recipe, time and files', content);
};
