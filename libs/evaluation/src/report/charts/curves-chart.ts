import type { EvaluationPoint, RunReport, TrainingPoint } from '../run-report.ts';
import { figureName } from '../figures.ts';
import { colors, vegaSvg } from './vega-svg.ts';

/** More points than pixels only make the file large. */
const mostPoints = 600;

/** Means of equal runs of steps, so that at most `mostPoints` are left. */
const thin = (history: readonly TrainingPoint[]): { step: number; loss: number }[] => {
  const width = Math.ceil(history.length / mostPoints);
  const thinned: { step: number; loss: number }[] = [];
  for (let start = 0; start < history.length; start += width) {
    const run = history.slice(start, start + width);
    thinned.push({ step: run.at(-1)!.step, loss: run.reduce((sum, { loss }) => sum + loss, 0) / run.length });
  }
  return thinned;
};

/** Exponential mean over about a twentieth of the run, corrected for its start at 0. */
export const smooth = (losses: readonly number[]): number[] => {
  const decay = 1 - 1 / Math.max(1, losses.length / 20);
  let [sum, weight] = [0, 0];
  return losses.map((loss) => {
    sum = decay * sum + (1 - decay) * loss;
    weight = decay * weight + (1 - decay);
    return sum / weight;
  });
};

const size = { width: 400, height: 240 };
const stepAxis = { field: 'step', type: 'quantitative', title: 'step', axis: { grid: false, tickCount: 6 } } as const;
const topLegend = { orient: 'top', title: null, offset: 4 } as const;

const lossChart = (history: readonly TrainingPoint[], evaluations: readonly EvaluationPoint[]) => {
  // Points of several tasks tell the same loss: one of a step is enough.
  const held = [...new Map(evaluations.map((point) => [`${point.split} ${point.step}`, point])).values()].filter(
    (point): point is EvaluationPoint & { loss: number } => point.loss !== undefined,
  );
  const points = thin(history);
  const smoothed = smooth(points.map(({ loss }) => loss));
  const curves = [
    ...points.map(({ step }, i) => ({ step, loss: smoothed[i], curve: 'training, smoothed' })),
    ...held.map(({ step, loss, split }) => ({ step, loss, curve: split })),
  ];
  const names = ['training, smoothed', ...new Set(held.map(({ split }) => split))];
  const y = {
    field: 'loss',
    type: 'quantitative',
    title: 'loss',
    scale: { zero: true },
  } as const;
  const color = {
    field: 'curve',
    type: 'nominal',
    scale: { domain: names, range: [colors.right, colors.wrong, colors.third] },
    legend: topLegend,
  } as const;
  return {
    ...size,
    title: 'Loss',
    layer: [
      {
        data: { values: points },
        mark: { type: 'line', color: colors.faint, strokeWidth: 1, opacity: 0.55, clip: true },
        encoding: { x: stepAxis, y },
      },
      { data: { values: curves }, mark: { type: 'line', strokeWidth: 2.2 }, encoding: { x: stepAxis, y, color } },
      {
        data: { values: curves.filter(({ curve }) => curve !== names[0]) },
        mark: { type: 'point', filled: true, size: 45, opacity: 1 },
        encoding: { x: stepAxis, y, color, description: { field: 'loss', format: '.4f' } },
      },
    ],
  } as const;
};

/** Figures worth a curve of their own, at most three. */
const leading = ['accuracy', 'exactMatch', 'macroF1', 'microF1', 'weightedF1', 'pathAccuracy'];

const scoreValues = (evaluations: readonly EvaluationPoint[]) => {
  const several = new Set(evaluations.map(({ task }) => task)).size > 1;
  return evaluations.flatMap(({ step, figures, task }) =>
    several && task !== undefined
      ? [{ step, score: figures['macroF1'] ?? 0, name: `${task}: macro F1` }]
      : leading
          .filter((name) => figures[name] !== undefined)
          .slice(0, 3)
          .map((name) => ({ step, score: figures[name]!, name: figureName(name) })),
  );
};

const range = [colors.right, colors.wrong, colors.third, colors.middle, '#8e6bbf', '#4db3b8'];

const scoreChart = (evaluations: readonly EvaluationPoint[]) => {
  const split = evaluations.some((point) => point.split === 'validation') ? 'validation' : 'test';
  const values = scoreValues(evaluations.filter((point) => point.split === split));
  const scale = { domain: [...new Set(values.map(({ name }) => name))], range };
  return {
    ...size,
    title: `Scores on the ${split} part`,
    data: { values },
    mark: { type: 'line', point: { size: 45, opacity: 1 }, strokeWidth: 2.2 },
    encoding: {
      x: stepAxis,
      y: {
        field: 'score',
        type: 'quantitative',
        title: 'score',
        scale: { zero: false, nice: true },
        axis: { format: '.1%' },
      },
      color: { field: 'name', type: 'nominal', scale, legend: topLegend },
      description: { field: 'score', format: '.4f' },
    },
  } as const;
};

const rateChart = (history: readonly TrainingPoint[]) => {
  const width = Math.ceil(history.length / 200);
  const values = history.filter((_, i) => i % width === 0).map(({ step, learningRate }) => ({ step, learningRate }));
  return {
    width: size.width,
    height: 70,
    title: 'Learning rate',
    data: { values },
    mark: { type: 'line', color: colors.third, strokeWidth: 1.8 },
    encoding: {
      x: stepAxis,
      y: { field: 'learningRate', type: 'quantitative', title: null, axis: { tickCount: 2, format: '.1~e' } },
    },
  } as const;
};

/** Training and validation loss, the learning rate, and the scores of every evaluation, by step: an SVG with a white background. */
export const curvesChart = ({ history, evaluations }: Pick<RunReport, 'history' | 'evaluations'>): Promise<string> =>
  vegaSvg({
    hconcat: [
      { vconcat: [lossChart(history, evaluations), rateChart(history)], spacing: 18 },
      ...(evaluations.length > 0 ? [scoreChart(evaluations)] : []),
    ],
    spacing: 48,
    resolve: { scale: { color: 'independent' } },
  });
