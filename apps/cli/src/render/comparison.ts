import {
  figureName,
  verdictOf,
  type AnswersComparison,
  type ComparedTask,
  type FlippedText,
  type RunComparison,
} from '@taxon/evaluation';
import { countOf, formatCount, formatPercent } from './format.ts';
import { oneLine } from './predictions.ts';
import { formatTable } from './table.ts';

const right = (title: string) => ({ title, align: 'right' as const });

const points = (difference: number): string => `${difference > 0 ? '+' : ''}${(100 * difference).toFixed(1)}`;
const share = (name: string, value: number): string => (name === 'mcc' ? value.toFixed(3) : formatPercent(value));
const edge = (name: string, value: number): string => (name === 'mcc' ? value.toFixed(3) : (100 * value).toFixed(1));

/** Both figures with their intervals, the difference with its own, and whether it may be chance. */
const figuresTable = ({ figures, level }: RunComparison): string[] =>
  formatTable(
    [
      { title: 'figure' },
      right('A'),
      { title: '' },
      right('B'),
      { title: '' },
      right('B − A'),
      { title: 'points' },
      right('p'),
      { title: 'B is' },
    ],
    Object.entries(figures).map(([name, paired]) => {
      const { a, b, rangeA, rangeB, difference, lower, upper, p } = paired;
      return [
        figureName(name),
        share(name, a),
        `${edge(name, rangeA.lower)}–${edge(name, rangeA.upper)}`,
        share(name, b),
        `${edge(name, rangeB.lower)}–${edge(name, rangeB.upper)}`,
        points(difference),
        `${points(lower)} … ${points(upper)}`,
        p < 0.001 ? '< 0.001' : p.toFixed(3),
        verdictOf(name, paired, level),
      ];
    }),
  );

const labelsTable = (labels: ComparedTask['labels'], top: number): string[] =>
  labels.length === 0 || top === 0
    ? []
    : [
        '',
        `labels that changed most${labels.length > top ? ` (${top} of ${formatCount(labels.length)})` : ''}`,
        ...formatTable(
          [
            { title: '  label' },
            right('texts'),
            right('F1 A'),
            right('F1 B'),
            right('B − A'),
            right('mended'),
            right('spoiled'),
          ],
          labels
            .slice(0, top)
            .map(({ label, support, f1A, f1B, gained, lost }) => [
              `  ${oneLine(label, 40)}`,
              formatCount(support),
              formatPercent(f1A),
              formatPercent(f1B),
              points(f1B - f1A),
              formatCount(gained),
              formatCount(lost),
            ]),
        ),
      ];

const labelsOf = (labels: readonly string[]): string =>
  labels.length === 0 ? '(none)' : oneLine(labels.join(', '), 30);

const flipsTable = (flips: readonly FlippedText[], title: string, { top, columns }: ComparisonStyle): string[] => {
  if (flips.length === 0 || top === 0) return [];
  const answers = flips
    .slice(0, top)
    .map(({ expected, a, b }) => [`  ${labelsOf(expected)}`, labelsOf(a.given), labelsOf(b.given)]);
  const titles = ['  expected', 'A', 'B'];
  const widths = titles.map((name, at) => Math.max(name.length, ...answers.map((cells) => cells[at]!.length)) + 2);
  // What is left of the line; never so little that a text says nothing.
  const room = Math.max(30, columns - widths.reduce((sum, width) => sum + width, 0));
  const rows = answers.map((cells, i) => [...cells, oneLine(flips[i]!.text, room)]);
  const table = formatTable(
    [...titles, 'text'].map((name) => ({ title: name })),
    rows,
  );
  const count = flips.length > top ? `${top} of ${formatCount(flips.length)}` : formatCount(flips.length);
  return ['', `${title} (${count})`, ...table];
};

const taskLines = ({ comparison, both, neither, labels, flips }: ComparedTask, style: ComparisonStyle): string[] => {
  const { onlyA, onlyB } = comparison;
  const of = (kind: FlippedText['change']): FlippedText[] => flips.filter(({ change }) => change === kind);
  return [
    ...figuresTable(comparison),
    '',
    `right in both ${formatCount(both)}, in A alone ${formatCount(onlyA)}, in B alone ${formatCount(onlyB)}, in neither ${formatCount(neither)}`,
    ...labelsTable(labels, style.top),
    ...flipsTable(of('lost'), 'spoiled: right in A alone', style),
    ...flipsTable(of('gained'), 'mended: right in B alone', style),
  ];
};

export interface ComparisonStyle {
  /** Labels and texts shown of each kind. */
  top: number;
  /** Width of the terminal. */
  columns: number;
}

export type Sides = Record<'a' | 'b', { path: string; split?: string }>;

/** A comparison as a person reads it. */
export const formatComparison = ({ a, b }: Sides, comparison: AnswersComparison, style: ComparisonStyle): string[] => {
  const { n, tasks, all } = comparison;
  const side = (name: string, { path, split }: Sides['a']): string =>
    `${name}  ${path}${split === undefined ? '' : `  (${split} part)`}`;
  const level = Math.round(100 * (tasks[0]?.comparison.level ?? 0));
  return [
    side('A', a),
    side('B', b),
    `${countOf(n, 'text')} in both; ranges are ${level} % bootstrap intervals`,
    '',
    ...(all === undefined ? [] : [...figuresTable(all), '']),
    ...tasks.flatMap((task) => [
      ...(tasks.length > 1 ? [`${task.name}, ${countOf(task.comparison.n, 'text')}`] : []),
      ...taskLines(task, style),
      '',
    ]),
  ];
};
