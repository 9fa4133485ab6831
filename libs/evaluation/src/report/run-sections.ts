import { count, duration, percent } from './figures.ts';
import { html, type Html } from './html.ts';
import type { DataSummary, RunReport } from './run-report.ts';

const classBars = (classes: DataSummary['classes']): Html => {
  const most = Math.max(1, ...classes.map((entry) => entry.count));
  const row = ({ label, count: texts }: DataSummary['classes'][number]): Html =>
    html`<tr>
      <td>${label}</td>
      <td class="n">${count(texts)}</td>
      <td style="width:45%">
        <span class="bar"><i style="width:${((100 * texts) / most).toFixed(1)}%"></i></span>
      </td>
    </tr>`;
  return html`<table>
    <thead>
      <tr>
        <th>class</th>
        <th class="n">training texts</th>
        <th></th>
      </tr>
    </thead>
    <tbody>
      ${classes.map(row)}
    </tbody>
  </table>`;
};

const openClasses = 20;

/** Parts, class sizes and whatever was found out about the data. */
export const dataSection = ({ classes, sizes, files, notes }: DataSummary): Html => {
  const all = sizes.train + sizes.validation + sizes.test;
  const sorted = classes.toSorted((a, b) => b.count - a.count);
  const median = sorted[Math.floor(sorted.length / 2)]?.count ?? 0;
  const part = (name: string, texts: number): Html =>
    html`<tr>
      <td>${name}</td>
      <td class="n">${count(texts)}</td>
      <td class="n">${percent(all === 0 ? 0 : texts / all)}</td>
    </tr>`;
  const summary = `${count(classes.length)} classes with ${count(sorted.at(-1)?.count ?? 0)} to ${count(sorted[0]?.count ?? 0)} training texts each, ${count(median)} in the middle`;
  return html`<h2 id="data">Data</h2>
    ${notes.map(({ level, message }) => html`<div class="note ${level}">${message}</div>`)}
    <div class="columns">
      <div>
        <table>
          <thead>
            <tr>
              <th>part</th>
              <th class="n">texts</th>
              <th class="n">share</th>
            </tr>
          </thead>
          <tbody>
            ${[part('train', sizes.train), part('validation', sizes.validation), part('test', sizes.test)]}
          </tbody>
        </table>
        <p>${summary}.</p>
        ${files?.map((file) => html`<p class="soft small"><code>${file}</code></p>`)}
      </div>
      ${
        sorted.length <= openClasses
          ? classBars(sorted)
          : html`<details>
              <summary>all ${count(sorted.length)} classes by size</summary>
              ${classBars(sorted)}
            </details>`
      }
    </div>`;
};

const stageColors = ['#2f7fb8', '#e0562b', '#3a9d6e', '#8e6bbf', '#d9a441', '#4db3b8', '#b85c7d', '#7d8794'] as const;

/** Where the time went. */
export const timingSection = (timings: RunReport['timings']): Html | undefined => {
  const stages = Object.entries(timings);
  if (stages.length === 0) return undefined;
  const total = stages.reduce((sum, [, seconds]) => sum + seconds, 0) || 1;
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

/** Every option of the run. */
export const recipeSection = (recipe: RunReport['recipe']): Html =>
  html`<div>
    <h3>Recipe</h3>
    <table>
      <tbody>
        ${flatten(recipe, '').map(
          ([key, value]) =>
            html`<tr>
              <td><code>${key}</code></td>
              <td><code>${value}</code></td>
            </tr>`,
        )}
      </tbody>
    </table>
  </div>`;
