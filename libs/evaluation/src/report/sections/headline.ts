import { bytes, count, duration, figure, figureName, interval, percent } from '../figures.ts';
import { html, type Html } from '../html.ts';
import { between, rangeMark, table, tile, details } from '../layout.ts';
import type { RunReport } from '../run-report.ts';
import { leadingScores, scoredParts, type PartScores, type TaskReport } from '../task-report.ts';

/** The figures that a person looks for first. */
const leadingFigures: Readonly<Record<TaskReport['kind'], readonly string[]>> = {
  'single-label': ['accuracy', 'macroF1', 'weightedF1'],
  'multi-label': ['macroF1', 'microF1', 'exactMatch'],
};

const meanings: Readonly<Record<string, string>> = {
  macroF1: 'every label counts the same',
  weightedF1: 'every text counts the same',
  microF1: 'every decision counts the same',
  exactMatch: 'texts whose labels are all right',
};

interface Ranged {
  value: number;
  lower: number;
  upper: number;
}

/** A figure with its interval: the bootstrap's, or Wilson's where the figure is a share of texts. */
const ranged = (name: string, { n, figures, intervals }: PartScores): Ranged | undefined => {
  const value = figures[name];
  if (value === undefined) return undefined;
  const known = (intervals?.figures as Record<string, { lower: number; upper: number } | undefined> | undefined)?.[
    name
  ];
  if (known !== undefined) return { value, lower: known.lower, upper: known.upper };
  if (!['accuracy', 'exactMatch'].includes(name)) return { value, lower: NaN, upper: NaN };
  const [lower, upper] = interval(value, n);
  return { value, lower, upper };
};

const figureTile = (name: string, task: TaskReport, scores: PartScores & { split: string }): Html | undefined => {
  const found = ranged(name, scores);
  if (found === undefined) return undefined;
  const { value, lower, upper } = found;
  const known = Number.isFinite(lower);
  const validation = scores.split === 'test' ? task.final.validation?.figures[name] : undefined;
  const below = html`${known ? html`<em>${between(lower, upper)}</em><br />` : ''}${
    validation === undefined
      ? name === 'accuracy'
        ? `${count(Math.round(scores.n * (1 - value)))} of ${count(scores.n)} texts wrong`
        : (meanings[name] ?? '')
      : `validation ${figure(name, validation)}`
  }`;
  // The mark's scale is a window around the figure, the same for all tiles of a width of 20 points.
  const from = Math.max(0, Math.min(value - 0.1, 0.8));
  return tile(
    `${scores.split} ${figureName(name)}`,
    figure(name, value),
    below,
    known ? rangeMark(value, lower, upper, [Math.min(from, lower), Math.max(from + 0.2, upper)]) : undefined,
  );
};

const allFigures = (task: TaskReport): Html | undefined => {
  const parts = scoredParts(task);
  const names = [...new Set(parts.flatMap(([, { figures }]) => Object.keys(figures)))];
  if (names.length === 0) return undefined;
  const content = table(
    [
      { title: 'figure' },
      ...parts.flatMap(([part]) => [
        { title: part, number: true },
        { title: '95 % interval', number: true },
      ]),
    ],
    names.map((name) => [
      figureName(name),
      ...parts.flatMap(([, scores]) => {
        const found = ranged(name, scores);
        if (found === undefined) return ['–', ''];
        const { value, lower, upper } = found;
        return [
          figure(name, value, 2),
          Number.isFinite(lower) ? `${figure(name, lower)} … ${figure(name, upper)}` : '',
        ];
      }),
    ]),
    { label: 'all figures', tall: false, sort: false },
  );
  return details(`all ${count(names.length)} figures`, content);
};

/** What stands beside the leading figures: the right label among the best, or how well scores order labels. */
const orderTiles = (task: TaskReport): Html[] => {
  const best = task.kind === 'single-label' ? task.topK?.filter(({ k }) => k > 1).slice(0, 1) : undefined;
  return [
    ...(best ?? []).map(({ k, accuracy }) => tile(`right among the best ${k}`, percent(accuracy), 'share of texts')),
    ...(task.kind === 'multi-label' && task.ranking !== undefined
      ? [
          tile(
            'mean average precision',
            percent(task.ranking.meanAveragePrecision),
            'of labels; no threshold is involved',
          ),
        ]
      : []),
  ];
};

/** Tiles of a task's leading figures with their intervals, then every figure. */
export const taskHeadline = (task: TaskReport): Html | undefined => {
  const lead = leadingScores(task);
  if (lead === undefined) return undefined;
  const tiles = leadingFigures[task.kind].map((name) => figureTile(name, task, lead));
  const intervals = lead.intervals;
  const how =
    intervals === undefined
      ? `Ranges under figures: 95 % interval of a share seen on ${count(lead.n)} texts (Wilson).`
      : `Ranges under figures: ${Math.round(100 * intervals.level)} % bootstrap intervals over the ${count(lead.n)} ${lead.split} texts, ${count(intervals.resamples)} resamples.`;
  return html`<div class="tiles">${tiles.filter((one) => one !== undefined)}${orderTiles(task)}</div>
    <p class="soft small">${how}</p>
    ${allFigures(task)}`;
};

/** One line a task, for a run of several. */
export const tasksOverview = (tasks: readonly TaskReport[], idOf: (task: number) => string): Html => {
  const rows = tasks.map((task, i) => {
    const lead = leadingScores(task);
    const shown = (name: string): string => {
      const found = lead && ranged(name, lead);
      if (found === undefined) return '–';
      const { value, lower, upper } = found;
      return `${figure(name, value)}${Number.isFinite(lower) ? `  (${between(lower, upper)})` : ''}`;
    };
    return [
      html`<td><a href="#${idOf(i)}">${task.name}</a></td>`,
      task.kind,
      lead?.perLabel.length ?? 0,
      lead?.n ?? 0,
      shown(task.kind === 'single-label' ? 'accuracy' : 'exactMatch'),
      shown('macroF1'),
    ];
  });
  const columns = [
    { title: 'task' },
    { title: 'kind' },
    { title: 'labels', number: true },
    { title: 'texts', number: true },
    { title: 'accuracy or exact match', number: true },
    { title: 'macro F1', number: true },
  ];
  return table(columns, rows, { label: 'tasks', tall: false });
};

/** What the run has cost. */
export const costTiles = ({ timings, history, peakMemoryBytes }: RunReport): Html => {
  const seconds = Object.values(timings).reduce((sum, stage) => sum + stage, 0);
  return html`<div class="tiles small-tiles">
    ${seconds > 0 ? tile('time, all stages', duration(seconds), `${count(history.at(-1)?.step ?? 0)} steps`) : undefined}
    ${tile('peak memory', bytes(peakMemoryBytes), 'of the process')}
  </div>`;
};
