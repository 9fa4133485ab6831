import { sigmoid } from '@taxon/probability';
import { thin } from '../../thin.ts';
import type { SweepPoint } from '../../thresholds/global-sweep.ts';
import type { LabelThreshold } from '../../thresholds/sweep-thresholds.ts';
import { figure, figureName, percent } from '../figures.ts';
import { html, raw, type Html } from '../html.ts';
import { bar, cell, details, jsonData, note, section, table, type Place, type Section } from '../layout.ts';
import { leadingScores, type MultiLabelTaskReport } from '../task-report.ts';

/** Points of a curve in the page; a line of 640 pixels needs no more. */
const curvePoints = 120;
/** Fewer for each label, of which there may be hundreds. */
const labelPoints = 40;

/** [logit, precision, recall, F1], the shares in thousandths. */
type Point = readonly [number, number, number, number];

interface Curve {
  name: string;
  /** Chosen threshold as a logit. */
  chosen: number;
  points: readonly Point[];
}

const point = (logit: number, precision: number, recall: number, f1: number): Point => [
  Math.round(100 * Math.min(99, Math.max(-99, logit))) / 100,
  Math.round(1000 * precision),
  Math.round(1000 * recall),
  Math.round(1000 * f1),
];

const globalCurves = (points: readonly SweepPoint[], chosen: number): Curve[] => {
  const shown = thin(points, curvePoints);
  return [
    {
      name: 'all labels, macro averages',
      chosen,
      points: shown.map((p) => point(p.logit, p.macroPrecision, p.macroRecall, p.macroF1)),
    },
    {
      name: 'all labels, micro averages',
      chosen,
      points: shown.map((p) => point(p.logit, p.microPrecision, p.microRecall, p.microF1)),
    },
  ];
};

const labelCurves = (perLabel: readonly LabelThreshold[]): Curve[] =>
  perLabel
    .filter(({ curve }) => curve !== undefined && curve.length > 1)
    .map(({ label, logit, curve }) => ({
      name: label,
      chosen: logit,
      points: thin(curve!, labelPoints).map((p) => point(p.logit, p.precision, p.recall, p.f1)),
    }));

const width = 640;
const height = 260;
const x = (logit: number): number => width * sigmoid(logit);
const y = (thousandths: number): number => height * (1 - thousandths / 1000);

const lines = [
  { at: 1, name: 'precision', kind: 'p' },
  { at: 2, name: 'recall', kind: 'rc' },
  { at: 3, name: 'F1', kind: 'f' },
] as const;

const path = (points: readonly Point[], at: 1 | 2 | 3): string =>
  points.map((p, i) => `${i === 0 ? 'M' : 'L'}${x(p[0]).toFixed(1)} ${y(p[at]).toFixed(1)}`).join('');

/** The first curve on probabilities; the script redraws it for other labels and for logits. */
const sweepChart = ([curve]: readonly Curve[]): Html => {
  const ticks = [0, 0.25, 0.5, 0.75, 1];
  const grid = ticks.map(
    (t) =>
      `<line x2="${width}" y1="${y(1000 * t)}" y2="${y(1000 * t)}"/><text x="-8" y="${y(1000 * t) + 4}" text-anchor="end">${100 * t}%</text>`,
  );
  const marks = ticks.map((t) => `<text x="${width * t}" y="${height + 18}" text-anchor="middle">${t}</text>`);
  const drawn = lines.map(({ at, kind }) => `<path class="line ${kind}" d="${path(curve!.points, at)}"/>`);
  const at = x(curve!.chosen).toFixed(1);
  return raw(
    `<svg viewBox="-46 -10 ${width + 66} ${height + 52}" class="sweep" role="img" aria-label="precision, recall and F1 by threshold">` +
      `<g class="grid">${grid.join('')}</g><g class="ticks">${marks.join('')}</g>` +
      `<text class="axis" x="${width / 2}" y="${height + 36}" text-anchor="middle">threshold (probability)</text>` +
      `<line class="half" x1="${width / 2}" x2="${width / 2}" y2="${height}"/><line class="chosen" x1="${at}" x2="${at}" y2="${height}"/>` +
      `${drawn.join('')}<line class="cursor" y2="${height}" hidden="hidden"/></svg>`,
  );
};

const gains = (task: MultiLabelTaskReport): Html | undefined => {
  const lead = leadingScores(task);
  if (task.thresholds === undefined) return undefined;
  const { scores, split = 'validation' } = task.thresholds;
  const rows = (['half', 'global', 'perLabel'] as const).map((way) => [
    { half: '0.5 for every label', global: 'one for all labels', perLabel: 'one a label' }[way],
    percent(scores[way].macroF1),
    percent(scores[way].microF1),
    cell(bar(scores[way].macroF1)),
  ]);
  const columns = [
    { title: `thresholds, on the ${split} part` },
    { title: 'macro F1', number: true, width: '6em' },
    { title: 'micro F1', number: true, width: '6em' },
    { title: '', width: '25%' },
  ];
  const names = ['macroF1', 'microF1', 'exactMatch'].filter(
    (name) => task.atHalf?.figures[name] !== undefined && lead?.figures[name] !== undefined,
  );
  const honest = html`<h3>Tuned against 0.5, on the ${lead?.split ?? ''} part</h3>
    ${table(
      [
        { title: 'figure' },
        { title: '0.5', number: true },
        { title: 'tuned', number: true },
        { title: 'gain', number: true },
      ],
      names.map((name) => {
        const [half, tuned] = [task.atHalf!.figures[name]!, lead!.figures[name]!];
        return [
          figureName(name),
          figure(name, half),
          figure(name, tuned),
          `${(100 * (tuned - half)).toFixed(1)} points`,
        ];
      }),
      { label: 'tuned thresholds against 0.5', sort: false },
    )}`;
  return html`<div class="columns">
    <div>
      <h3>What a choice of thresholds brings</h3>
      ${table(columns, rows, { label: 'ways to cut', sort: false })}
      ${note('On the texts that the thresholds were chosen on, so flattering for the tuned ones.')}
    </div>
    ${names.length > 0 && html`<div>${honest}</div>`}
  </div>`;
};

/** Precision, recall and F1 by threshold, for all labels and for each; every label's own threshold. */
export const thresholdsSection = (task: MultiLabelTaskReport, { prefix }: Place): Section[] => {
  const { thresholds } = task;
  if (thresholds === undefined) return [];
  const curves = [...globalCurves(thresholds.curve, thresholds.global.logit), ...labelCurves(thresholds.perLabel)];
  const drawn = html`<div class="sweep-box">
    <div class="tools" data-sweep-tools></div>
    <div class="legend">
      ${lines.map(({ name, kind }) => html`<span><i class="${kind}"></i>${name}</span>`)}
      <span><i class="chosen"></i>chosen threshold</span><span><i class="half"></i>0.5</span>
    </div>
    <div class="chart">${sweepChart(curves)}</div>
    <p class="soft small" data-sweep-says role="status">
      The threshold chosen for all labels is ${thresholds.global.probability.toFixed(3)} (logit
      ${thresholds.global.logit.toFixed(2)}), for the best ${figureName(thresholds.metric)}.
    </p>
    ${jsonData(
      'sweep-data',
      curves.map(({ name, chosen, points }) => [name, Math.round(1000 * chosen) / 1000, points]),
    )}
  </div>`;
  const rows = thresholds.perLabel.map(({ label, support, probability, logit, tuned, f1, f1AtHalf }) => [
    label,
    support,
    probability.toFixed(3),
    logit.toFixed(2),
    tuned ? 'own' : 'global',
    percent(f1AtHalf),
    percent(f1),
    cell(bar(f1)),
  ]);
  const columns = [
    { title: 'label' },
    { title: 'texts', number: true },
    { title: 'threshold', number: true },
    { title: 'as logit', number: true },
    { title: 'kind', filter: true },
    { title: 'F1 at 0.5', number: true },
    { title: 'F1', number: true },
    { title: '', width: '14%', fixed: true },
  ];
  const perLabel = table(columns, rows, { label: 'thresholds by label', search: 'find a label' });
  const content = html`${thresholds.curve.length > 1 && drawn} ${gains(task)}
  ${rows.length > 0 && details(`the thresholds of all ${rows.length} labels`, perLabel)}`;
  return section(`${prefix}thresholds`, 'Thresholds', content);
};

/** Two ways of being right enough with several labels. */
export const relaxedSection = (task: MultiLabelTaskReport, { prefix }: Place): Section[] => {
  if (task.relaxed === undefined) return [];
  const { n, exactMatch, noWrongExtra, oneExtraNoneMissing } = task.relaxed;
  const row = (name: string, what: string, share: number) => [
    html`<td>${name}<br /><span class="soft small">${what}</span></td>`,
    percent(share),
    cell(bar(share)),
  ];
  const content = table(
    [{ title: 'criterion' }, { title: 'texts', number: true, width: '6em' }, { title: '', width: '30%', fixed: true }],
    [
      row('exact match', 'all labels right and none besides', exactMatch),
      row('criterion 1', 'at least one label given, and none that is wrong', noWrongExtra),
      row('criterion 2', 'no label missing, and at most one wrong one given', oneExtraNoneMissing),
    ],
    { label: 'relaxed criteria', sort: false },
  );
  return section(`${prefix}relaxed`, 'Right enough', html`${note(`Share of the ${n} texts.`)} ${content}`);
};
