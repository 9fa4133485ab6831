import type { ConfusionMatrix } from '../../confusion-matrix.ts';
import { otherClasses } from './focus-confusion.ts';
import { colors, vegaSvg } from './vega-svg.ts';

/** Up to here every cell has room for its count. */
export const mostCounted = 40;
/** Up to here labels can be read at the axes, if with a zoom. */
const mostLabelled = 200;

/** Width of a cell in pixels, so that any number of classes fits a page. */
const cellSize = (classes: number): number =>
  Math.max(1.5, Math.min(30, (classes <= mostCounted ? 760 : 880) / classes));

const axisOf = (classes: number, title: string, labelAngle: number) => ({
  title,
  labels: classes <= mostLabelled,
  labelAngle,
  labelLimit: classes <= mostCounted ? 260 : 110, // wider than it looks: without a canvas Vega guesses widths, and too large
  labelFontSize: classes <= mostCounted ? 11 : Math.max(4, cellSize(classes) * 0.9),
  labelOverlap: false,
  labelPadding: 3,
  ticks: false,
  domain: false,
  grid: classes <= mostCounted,
});

/**
 * Expected labels down, answers across; right answers and mistakes in colours of their own, as strong as their share of the expected
 * label's texts. Cells of 0 are left out. Counts are written in for up to 40 classes. An SVG with a white background.
 */
export const confusionChart = (matrix: ConfusionMatrix): Promise<string> => {
  const { labels, cells } = matrix;
  const support = new Map<number, number>();
  for (const { expected, count } of cells) support.set(expected, (support.get(expected) ?? 0) + count);
  const values = cells.map(({ expected, predicted, count }) => {
    const [e, p, texts] = [labels[expected]!, labels[predicted]!, support.get(expected)!];
    const cell = { expected: e, predicted: p, count, kind: e === p ? 'right' : 'mistake' };
    // The row of the other classes holds their mistakes alone, so that a share of it would say nothing.
    if (e === otherClasses) return { ...cell, share: 0.1, what: `${count} of other classes taken for ${p}` };
    const what = e === p ? `${e}: ${count} right of ${texts}` : `${e} taken for ${p}: ${count} of ${texts}`;
    return { ...cell, share: count / texts, what };
  });
  const n = labels.length;
  const step = cellSize(n);
  const x = { field: 'predicted', type: 'nominal', scale: { domain: labels }, axis: axisOf(n, 'answered', -50) };
  const y = { field: 'expected', type: 'nominal', scale: { domain: labels }, axis: axisOf(n, 'expected', 0) };
  const cellLayer = {
    // Where cells shrink to a pixel or two, mistakes must stay visible.
    mark:
      n <= mostCounted
        ? { type: 'rect', cornerRadius: 2 }
        : { type: 'square', size: Math.max(step, 4) ** 2, strokeWidth: 0 },
    encoding: {
      x,
      y,
      color: {
        field: 'kind',
        type: 'nominal',
        scale: { domain: ['right', 'mistake'], range: [colors.right, colors.wrong] },
        legend: { title: null, orient: 'top', symbolOpacity: 1 },
      },
      opacity: {
        field: 'share',
        type: 'quantitative',
        scale: { type: 'sqrt', domain: [0, 1], range: [n <= mostCounted ? 0.15 : 0.4, 1] },
        legend: null,
      },
      description: { field: 'what' },
    },
  };
  // Two layers, because the page's style sheet recolours the second: dark letters on pale cells, light ones in a dark page.
  const countLayer = (name: string, filter: string, fill: string) => ({
    name,
    transform: [{ filter }],
    mark: { type: 'text', fontSize: Math.min(12, step * 0.45), fill },
    encoding: { x, y, text: { field: 'count' } },
  });
  const layer =
    n <= mostCounted
      ? [
          cellLayer,
          countLayer('strong', 'datum.share > 0.35', 'white'),
          countLayer('pale', 'datum.share <= 0.35', '#3b4048'),
        ]
      : [cellLayer];
  return vegaSvg({ width: { step }, height: { step }, data: { values }, layer });
};
