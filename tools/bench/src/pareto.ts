import { colors, vegaSvg } from '@taxon/evaluation';
import { percent } from './table.ts';

/** A model as the plot shows it. */
export interface ParetoPoint {
  name: string;
  /** 0..1 */
  accuracy: number;
  /** One text at a time, median. */
  milliseconds: number;
  megabytes: number;
  /** Another runtime's, shown apart. */
  peer?: boolean;
}

type Cost = 'milliseconds' | 'megabytes';

/** Those that no other one beats: none is as cheap and as accurate, and better in one of both. */
export const paretoFront = (points: readonly ParetoPoint[], cost: Cost): ParetoPoint[] =>
  points
    .filter(
      (point) =>
        !points.some(
          (other) =>
            other[cost] <= point[cost] &&
            other.accuracy >= point.accuracy &&
            (other[cost] < point[cost] || other.accuracy > point.accuracy),
        ),
    )
    .sort((a, b) => a[cost] - b[cost]);

/** Where a point's number stands beside it, in turn: models that are much alike lie on each other. */
const corners = [
  [9, -9],
  [9, 9],
  [-9, 9],
  [-9, -9],
] as const;

const titles: Record<Cost, string> = { milliseconds: 'milliseconds a text, one at a time', megabytes: 'megabytes' };

const describe = ({ name, accuracy, milliseconds, megabytes }: ParetoPoint): string =>
  `${name}: ${percent(accuracy)}, ${milliseconds.toFixed(2)} ms, ${megabytes.toFixed(1)} MB`;

const panel = (points: readonly ParetoPoint[], cost: Cost): object => {
  const all = points.map((point, i) => ({
    ...point,
    number: String(i + 1),
    corner: i % corners.length,
    kind: point.peer ? 'peer' : 'Taxon',
    what: describe(point),
  }));
  const accuracies = points.map(({ accuracy }) => accuracy);
  const [low, high] = [Math.min(...accuracies), Math.max(...accuracies)];
  const room = Math.max(0.002, (high - low) * 0.15);
  const x = { field: cost, type: 'quantitative', title: titles[cost], scale: { zero: true, nice: true } };
  const y = {
    field: 'accuracy',
    type: 'quantitative',
    title: 'accuracy',
    axis: { format: '.1%', tickCount: 6 },
    scale: { domain: [low - room, Math.min(1, high + room)] },
  };
  const color = {
    field: 'kind',
    type: 'nominal',
    scale: { domain: ['Taxon', 'peer'], range: [colors.right, colors.wrong] },
    legend: null,
  };
  return {
    width: 420,
    height: 320,
    layer: [
      {
        data: { values: paretoFront(points, cost) },
        mark: { type: 'line', interpolate: 'step-after', strokeDash: [4, 3], color: colors.faint },
        encoding: { x, y },
      },
      {
        data: { values: all },
        mark: { type: 'point', filled: true, size: 70, opacity: 1 },
        encoding: { x, y, color, description: { field: 'what' } },
      },
      ...corners.map(([dx, dy], corner) => ({
        data: { values: all.filter((one) => one.corner === corner) },
        mark: { type: 'text', dx, dy, fontSize: 12 },
        encoding: { x, y, text: { field: 'number' } },
      })),
    ],
  };
};

/** Accuracy against latency and against size, side by side, as SVG text. The dashed line joins those that none beats; numbers are places in the list. */
export const paretoSvg = (points: readonly ParetoPoint[]): Promise<string> =>
  vegaSvg({ hconcat: [panel(points, 'milliseconds'), panel(points, 'megabytes')], spacing: 40 });

const escaped = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');

/** A page of its own with the plot and its numbers; nothing is fetched. */
export const paretoPage = async (points: readonly ParetoPoint[], title: string): Promise<string> => {
  const rows = points.map(
    ({ name, accuracy, milliseconds, megabytes }, i) =>
      `<tr><td>${i + 1}</td><td>${escaped(name)}</td><td>${percent(accuracy)}</td><td>${milliseconds.toFixed(2)}</td><td>${megabytes.toFixed(1)}</td></tr>`,
  );
  return [
    '<!doctype html><html lang="en"><meta charset="utf-8">',
    `<title>${escaped(title)}</title>`,
    '<style>body{font:15px system-ui,sans-serif;margin:2rem;max-width:70rem}td,th{padding:.2rem .8rem;text-align:right}td:nth-child(2),th:nth-child(2){text-align:left}svg{max-width:100%;height:auto}</style>',
    `<h1>${escaped(title)}</h1>`,
    await paretoSvg(points),
    '<table><tr><th></th><th>model</th><th>accuracy</th><th>ms a text</th><th>MB</th></tr>',
    ...rows,
    '</table></html>\n',
  ].join('\n');
};
