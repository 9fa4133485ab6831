import type { PairedFigure, Range } from '../../significance/compare-runs.ts';
import { verdictOf, type Verdict } from '../../significance/verdict.ts';
import { count, figure, figureName } from '../figures.ts';
import { html, raw, type Html } from '../html.ts';
import { bar, cell, chart, note, section, table, type Place, type Section } from '../layout.ts';
import type { ComparisonReport, RateTestReport, SearchReport } from '../report-extras.ts';
import type { TaskReport } from '../task-report.ts';

const points = (difference: number): string => `${difference > 0 ? '+' : ''}${(100 * difference).toFixed(2)}`;

/** An interval of a difference around 0, drawn over a scale that all rows share. */
const differenceMark = ({ lower, difference, upper }: PairedFigure, verdict: Verdict, reach: number): Html => {
  const at = (value: number): string => (100 + (96 * value) / reach).toFixed(1);
  const kind = { better: 'good', worse: 'bad', 'may be chance': '' }[verdict];
  return raw(
    `<svg class="forest ${kind}" viewBox="0 0 200 16" width="200" height="16" aria-hidden="true"><line class="zero" x1="100" x2="100" y2="16"/>` +
      `<line x1="${at(lower)}" x2="${at(upper)}" y1="8" y2="8"/><circle cx="${at(difference)}" cy="8" r="4"/></svg>`,
  );
};

/** The figure and, smaller, where it may well lie. */
const withRange = (name: string, value: number, { lower, upper }: Range): Html =>
  html`<td class="n">
    ${figure(name, value, 2)}<br /><span class="soft small">${figure(name, lower)} … ${figure(name, upper)}</span>
  </td>`;

/** Figures of two runs on the same texts, with a paired test. */
export const comparisonSection = (
  report: ComparisonReport | undefined,
  { prefix }: Place,
  title = 'Beside another run',
): Section[] => {
  if (report === undefined) return [];
  const { a, b, comparison } = report;
  const figures = Object.entries(comparison.figures);
  const reach = Math.max(1e-9, ...figures.flatMap(([, { lower, upper }]) => [Math.abs(lower), Math.abs(upper)]));
  const rows = figures.map(([name, paired]) => {
    const verdict = verdictOf(name, paired, comparison.level);
    const { rangeA, rangeB, difference, lower, upper, p } = paired;
    return [
      figureName(name),
      withRange(name, paired.a, rangeA),
      withRange(name, paired.b, rangeB),
      points(difference),
      cell(differenceMark(paired, verdict, reach)),
      `${points(lower)} … ${points(upper)}`,
      p < 0.001 ? '< 0.001' : p.toFixed(3),
      verdict,
    ];
  });
  const columns = [
    { title: 'figure' },
    { title: a, number: true },
    { title: b, number: true },
    { title: 'difference', number: true, what: 'in points' },
    { title: 'interval', width: '210px' },
    { title: `${Math.round(100 * comparison.level)} %`, number: true },
    { title: 'p', number: true, what: 'how often chance makes such a difference between equal runs' },
    { title: `${b} is` },
  ];
  const content = html`<p>
      On the same ${count(comparison.n)} texts: ${count(comparison.onlyB)} are right in ${b} alone,
      ${count(comparison.onlyA)} in ${a} alone.
    </p>
    ${table(columns, rows, { label: `${a} and ${b}`, sort: false })}`;
  return section(`${prefix}comparison`, title, content);
};

const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);
const deviation = (values: readonly number[]): number =>
  Math.sqrt(values.reduce((sum, value) => sum + (value - mean(values)) ** 2, 0) / Math.max(1, values.length - 1));

const foldFigures = ['accuracy', 'exactMatch', 'macroF1', 'microF1', 'weightedF1', 'loss'];

/** Scores of each fold, their mean and their spread. */
export const foldsSection = ({ folds }: TaskReport, { prefix }: Place): Section[] => {
  if (folds === undefined || folds.length === 0) return [];
  const names = foldFigures.filter((name) => folds.some(({ figures }) => figures[name] !== undefined));
  const of = (name: string): number[] => folds.flatMap(({ figures }) => figures[name] ?? []);
  const main = names.find((name) => name !== 'loss');
  const rows = folds.map(({ n, figures }, i) => [
    `fold ${i + 1}`,
    n,
    ...names.map((name) => (figures[name] === undefined ? '–' : figure(name, figures[name], 2))),
    ...(main === undefined ? [] : [cell(bar(figures[main] ?? 0))]),
  ]);
  const total = [
    html`<td><b>mean ± deviation</b></td>`,
    folds.reduce((sum, { n }) => sum + n, 0),
    ...names.map(
      (name) =>
        html`<td class="n"><b>${figure(name, mean(of(name)), 2)}</b> ± ${figure(name, deviation(of(name)), 2)}</td>`,
    ),
    ...(main === undefined ? [] : [cell(bar(mean(of(main))))]),
  ];
  const columns = [
    { title: 'fold' },
    { title: 'texts', number: true },
    ...names.map((name) => ({ title: figureName(name), number: true })),
    ...(main === undefined ? [] : [{ title: '', width: '22%' }]),
  ];
  return section(`${prefix}folds`, 'Folds', table(columns, [...rows, total], { label: 'folds', sort: false }));
};

/** Every trial of a search, the best first. */
export const searchSection = (search: SearchReport | undefined): Section[] => {
  if (search === undefined || search.trials.length === 0) return [];
  const { figure: name, trials } = search;
  const options = [...new Set(trials.flatMap((trial) => Object.keys(trial.options)))];
  const sorted = trials.toSorted((a, b) => (b.value ?? -Infinity) - (a.value ?? -Infinity));
  const shown = (value: unknown): string =>
    value === undefined
      ? ''
      : typeof value === 'number'
        ? String(Number(value.toPrecision(4)))
        : typeof value === 'string'
          ? value
          : JSON.stringify(value);
  const rows = sorted.map(({ number, options: own, state, value, seconds }) => [
    number,
    value === null ? '–' : figure(name, value, 2),
    cell(bar(value ?? 0)),
    state,
    ...options.map((option) => shown(own[option])),
    seconds === undefined ? '' : seconds.toFixed(1),
  ]);
  const columns = [
    { title: 'trial', number: true },
    { title: figureName(name), number: true },
    { title: '', width: '12%', fixed: true },
    { title: 'end', filter: true },
    ...options.map((option) => ({ title: option, number: true })),
    { title: 'seconds', number: true },
  ];
  const done = trials.filter(({ state }) => state === 'complete').length;
  const pruned = trials.filter(({ state }) => state === 'pruned').length;
  const content = html`${note(`${count(trials.length)} trials: ${count(done)} ran to their end, ${count(pruned)} were stopped early.`)}
  ${table(columns, rows, { id: 'search-table', label: 'trials', ...(rows.length > 8 && { search: 'find a trial' }) })}`;
  return section('search', 'Search', content);
};

/** How the learning rate was found. */
export const rateSection = (test: RateTestReport | undefined, drawn: string | undefined): Section[] => {
  if (test === undefined || drawn === undefined) return [];
  const content = html`${note(
    `${count(test.points.length)} updates whose rate grows; the state was put back afterwards. ${test.rate.toExponential(1)} was taken.`,
  )}
  ${chart(drawn, 'rates-chart')}`;
  return section('rates', 'Learning rate', content);
};
