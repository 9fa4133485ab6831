import { mostConfused, type ConfusedPair, type ConfusionMatrix } from '../../confusion-matrix.ts';
import type { MistakeRow } from '../../error-analysis/mistake-rows.ts';
import { mostCounted } from '../charts/confusion-chart.ts';
import { focusConfusion, otherClasses } from '../charts/focus-confusion.ts';
import { count, percent } from '../figures.ts';
import { heatMap, type HeatCell } from '../heat-map.ts';
import { html, type Html } from '../html.ts';
import { cell, cut, note, section, table, type Place, type Section } from '../layout.ts';
import { leadingScores, type TaskReport } from '../task-report.ts';

const mostPairs = 30;
const focusedClasses = 30;
/** Up to this many labels the map leaves room for the pairs beside it. */
const beside = 12;
const examplesOfCell = 3;
const exampleLength = 140;

/** Stand for the other half of a mistake that has none. */
const nothingGiven = '(nothing instead)';
const nothingMissed = '(nothing missed)';

/** Pairs (missed label, label given in its place) of every mistake; a mistake without one half stands in the last row or column. */
const missedForGiven = (mistakes: readonly MistakeRow[], order: readonly string[]): ConfusionMatrix => {
  const labels = new Map(order.map((label, i) => [label, i]));
  const indexOf = (label: string): number => labels.get(label) ?? (labels.set(label, labels.size), labels.size - 1);
  const counts = new Map<string, { expected: number; predicted: number; count: number }>();
  for (const { missed, extra } of mistakes)
    for (const expected of missed.length === 0 ? [nothingMissed] : missed)
      for (const predicted of extra.length === 0 ? [nothingGiven] : extra) {
        const key = JSON.stringify([expected, predicted]);
        const known = counts.get(key);
        if (known === undefined)
          counts.set(key, { expected: indexOf(expected), predicted: indexOf(predicted), count: 1 });
        else known.count += 1;
      }
  return { labels: [...labels.keys()], cells: [...counts.values()] };
};

/** Texts by pair, the surest first. */
const examplesByPair = (mistakes: readonly MistakeRow[]): Map<string, string[]> => {
  const examples = new Map<string, string[]>();
  for (const { missed, extra, text } of mistakes.toSorted((a, b) => b.confidence - a.confidence))
    for (const expected of missed.length === 0 ? [nothingMissed] : missed)
      for (const predicted of extra.length === 0 ? [nothingGiven] : extra) {
        const key = JSON.stringify([expected, predicted]);
        const known = examples.get(key) ?? [];
        if (known.length < examplesOfCell) examples.set(key, [...known, cut(text, exampleLength)]);
      }
  return examples;
};

interface Shown {
  matrix: ConfusionMatrix;
  /** Texts of each label, where known. */
  support: ReadonlyMap<string, number>;
  mistakes: readonly MistakeRow[];
  multiLabel: boolean;
}

const sentence = (expected: string, predicted: string, texts: number, of: number, multiLabel: boolean): string => {
  const share = of > 0 ? ` of ${count(of)} (${percent(texts / of, 0)})` : '';
  if (expected === otherClasses) return `${count(texts)} of other classes taken for ${predicted}`;
  if (expected === predicted) return `${expected}: ${count(texts)} right${share}`;
  if (!multiLabel) return `${expected} taken for ${predicted}: ${count(texts)}${share}`;
  if (predicted === nothingGiven) return `${expected} missed, nothing given instead: ${count(texts)}${share}`;
  if (expected === nothingMissed) return `${predicted} given, though nothing was missed: ${count(texts)}`;
  return `${expected} missed and ${predicted} given: ${count(texts)}${share}`;
};

const cellsOf = ({ matrix, support, mistakes, multiLabel }: Shown): HeatCell[] => {
  const { labels, cells } = matrix;
  const examples = examplesByPair(mistakes);
  return cells.map(({ expected: row, predicted: column, count: texts }) => {
    const [expected, predicted] = [labels[row]!, labels[column]!];
    const of = support.get(expected) ?? 0;
    return {
      row,
      column,
      text: texts > 9999 ? `${Math.round(texts / 1000)}k` : String(texts),
      // The row of what has no support of its own holds mistakes alone, so that a share of it would say nothing.
      share: of > 0 ? texts / of : 0.03,
      right: expected === predicted,
      what: sentence(expected, predicted, texts, of, multiLabel),
      ...(expected !== predicted && {
        examples: examples.get(JSON.stringify([expected, predicted])) ?? [],
        filter: [expected, predicted].map((label) =>
          [otherClasses, nothingGiven, nothingMissed].includes(label) ? '' : label,
        ) as [string, string],
      }),
    };
  });
};

/** Only rows and columns that have cells: a multi-label map is not square. */
const tight = (matrix: ConfusionMatrix): { rows: number[]; columns: number[] } => {
  const last = (label: number): number =>
    Number([nothingGiven, nothingMissed, otherClasses].includes(matrix.labels[label]!));
  const present = (of: 'expected' | 'predicted'): number[] =>
    [...new Set(matrix.cells.map((one) => one[of]))].sort((a, b) => last(a) - last(b) || a - b);
  return { rows: present('expected'), columns: present('predicted') };
};

const map = (shown: Shown, target: string): Html => {
  const { matrix, multiLabel } = shown;
  const all = [...matrix.labels.keys()];
  const { rows, columns } = multiLabel ? tight(matrix) : { rows: all, columns: all };
  const [rowAt, columnAt] = [rows, columns].map((used) => new Map(used.map((label, at) => [label, at])));
  return heatMap(
    rows.map((label) => matrix.labels[label]!),
    columns.map((label) => matrix.labels[label]!),
    cellsOf(shown).map((one) => ({ ...one, row: rowAt!.get(one.row)!, column: columnAt!.get(one.column)! })),
    {
      rowTitle: multiLabel ? 'missed' : 'expected',
      columnTitle: multiLabel ? 'given' : 'answered',
      label: multiLabel ? 'missed labels by given labels' : 'expected labels by answers',
      target,
    },
  );
};

const pairTable = (pairs: readonly ConfusedPair[], multiLabel: boolean): Html =>
  table(
    [
      { title: multiLabel ? 'missed' : 'expected' },
      { title: multiLabel ? 'given instead' : 'answered' },
      { title: 'texts', number: true, width: '5em' },
      { title: multiLabel ? 'of its mistakes' : 'of the class', number: true, width: '8em' },
    ],
    pairs.map(({ expected, predicted, count: texts, share }) => [
      expected,
      cell(html`${predicted}`, 'wrong'),
      texts,
      percent(share, 0),
    ]),
    { label: 'pairs mixed up most often' },
  );

/** What is taken for what: a heat map of the labels mixed up most, and the pairs as a table. */
export const confusionSection = (task: TaskReport, { prefix }: Place, picture?: string): Section[] => {
  const lead = leadingScores(task);
  const multiLabel = task.kind === 'multi-label';
  const matrix = multiLabel
    ? missedForGiven(task.mistakes, lead?.perLabel.map(({ label }) => label) ?? [])
    : task.confusion;
  if (matrix === undefined || matrix.cells.length === 0) return [];
  const support = new Map(lead?.perLabel.map(({ label, support: texts }) => [label, texts]));
  if (!multiLabel) {
    support.clear();
    for (const { expected, count: texts } of matrix.cells)
      support.set(matrix.labels[expected]!, (support.get(matrix.labels[expected]!) ?? 0) + texts);
  }
  const pairs = mostConfused(matrix, Infinity)
    .filter(({ expected, predicted }) => expected !== nothingMissed && predicted !== nothingGiven)
    .slice(0, mostPairs);
  const focused =
    matrix.labels.length > mostCounted && matrix.cells.some(({ expected, predicted }) => expected !== predicted);
  const shown = {
    matrix: focused ? focusConfusion(matrix, focusedClasses) : matrix,
    support,
    mistakes: task.mistakes,
    multiLabel,
  };
  const part = lead === undefined ? '' : `Scored on the ${lead.split} part. `;
  const how = multiLabel
    ? 'Each row is a label that was missed, each column one that was given wrongly on the same text.'
    : 'Each row is an expected label, each column an answer.';
  const which = focused ? ` Shown are the ${count(shown.matrix.labels.length - 1)} labels that are mixed up most, of ${count(lead?.perLabel.length ?? matrix.labels.length)}.` : ''; // prettier-ignore
  const whole = picture === undefined ? undefined : html` <a href="${picture}">The whole matrix as a picture</a>.`;
  const content = html`${note(html`${part}${how} The stronger the colour, the larger the share of the label’s texts.${which}${whole}`)}
    <div class="${shown.matrix.labels.length <= beside ? 'beside' : ''}">
      ${map(shown, `${prefix}mistakes-table`)}
      ${
        pairs.length === 0
          ? html`<p>Nothing is mixed up${multiLabel ? '' : ': every answer was right'}.</p>`
          : html`<div class="grow">
              <h3>Mixed up most often</h3>
              ${pairTable(pairs, multiLabel)}
            </div>`
      }
    </div>`;
  return section(`${prefix}confusion`, 'What is taken for what', content);
};
