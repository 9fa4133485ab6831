import type { MultiLabelAnswers } from '../multi-label-answers.ts';
import { createRandom } from '../random.ts';
import { ratio } from '../shapes.ts';
import {
  addText,
  countMultiLabel,
  countSingleLabel,
  figuresOfSums,
  noSums,
  sideBySide,
  weightedFigures,
  type CountedTexts,
  type MultiLabelFigure,
  type SingleLabelFigure,
} from './counted-texts.ts';
import { normalQuantile, normalShare } from './normal.ts';
import { checkResampling, drawWeights, quantile } from './resample.ts';

export interface BootstrapOptions {
  /** @default 1000 */
  resamples?: number;
  /** Share of resamples inside the interval. @default 0.95 */
  level?: number;
  /** Any integer; the lower 32 bits count. @default 0 */
  seed?: number;
  /** `percentile`, or bias-corrected and accelerated (Efron 1987). @default 'percentile' */
  method?: 'percentile' | 'bca';
}

/** A figure and where it may well lie. */
export interface Interval {
  estimate: number;
  lower: number;
  upper: number;
}

/** Intervals by the figure's name, as in the metrics. */
export interface Intervals<Name extends string = string> {
  n: number;
  level: number;
  resamples: number;
  method: 'percentile' | 'bca';
  figures: Record<Name, Interval>;
}

/** Figures with each text left out in turn: [texts][figures] */
const leaveOneOut = <Name extends string>(texts: CountedTexts<Name>): number[][] => {
  const sums = noSums(texts);
  for (let text = 0; text < texts.n; text++) addText(sums, texts, text, 1);
  return Array.from({ length: texts.n }, (_, text) => {
    addText(sums, texts, text, -1);
    const left = figuresOfSums(texts, sums);
    addText(sums, texts, text, 1);
    return left;
  });
};

/** Skewness of the leave-one-out values: the acceleration of BCa. */
const acceleration = (values: readonly number[]): number => {
  const mean = values.reduce((sum, x) => sum + x, 0) / values.length;
  let [squares, cubes] = [0, 0];
  for (const value of values) {
    squares += (mean - value) ** 2;
    cubes += (mean - value) ** 3;
  }
  return ratio(cubes, 6 * squares ** 1.5);
};

/** Shares of the resamples between which the interval lies, corrected for bias and skewness (Efron 1987). */
const bcaShares = (rising: Float64Array, estimate: number, jackknife: readonly number[], tail: number) => {
  let below = 0;
  for (const value of rising) below += value < estimate ? 1 : value === estimate ? 0.5 : 0;
  const bias = normalQuantile(below / rising.length);
  const skew = acceleration(jackknife);
  const shares = [tail, 1 - tail].map((share) => {
    const z = bias + normalQuantile(share);
    return normalShare(bias + z / (1 - skew * z));
  });
  // An estimate at the edge of all resamples, such as 100 %, has no correction.
  return shares.every((share) => Number.isFinite(share)) && Number.isFinite(bias) ? shares : [tail, 1 - tail];
};

const toIntervals = <Name extends string>(texts: CountedTexts<Name>, options: BootstrapOptions): Intervals<Name> => {
  const { resamples = 1000, level = 0.95, seed = 0, method = 'percentile' } = options;
  checkResampling(resamples, level);
  const { n, names } = texts;
  const estimates = weightedFigures(texts, new Uint32Array(n).fill(1));
  const drawn = names.map(() => new Float64Array(resamples));
  const [random, weights] = [createRandom(seed), new Uint32Array(n)];
  for (let round = 0; round < resamples; round++) {
    drawWeights(weights, random);
    weightedFigures(texts, weights).forEach((value, i) => (drawn[i]![round] = value));
  }
  const jackknife = method === 'bca' && n > 1 ? leaveOneOut(texts) : undefined;
  const tail = (1 - level) / 2;
  const figures = names.map((name, i): [Name, Interval] => {
    const rising = drawn[i]!.sort();
    const estimate = estimates[i]!;
    const shares =
      jackknife === undefined
        ? [tail, 1 - tail]
        : bcaShares(
            rising,
            estimate,
            jackknife.map((row) => row[i]!),
            tail,
          );
    return [name, { estimate, lower: quantile(rising, shares[0]!), upper: quantile(rising, shares[1]!) }];
  });
  return { n, level, resamples, method, figures: Object.fromEntries(figures) as Record<Name, Interval> };
};

/**
 * Where the figures of single-label answers may well lie, had other texts been drawn: bootstrap over the texts.
 * Parameters and errors as `classificationMetrics`; RangeError too for options out of range.
 */
export const singleLabelIntervals = (
  expected: Int32Array,
  predicted: Int32Array,
  labels: readonly string[],
  options: BootstrapOptions & { unseenLabels?: readonly string[] } = {},
): Intervals<SingleLabelFigure> =>
  toIntervals(countSingleLabel(expected, predicted, labels, options.unseenLabels), options);

/** As `singleLabelIntervals`, for multi-label answers. */
export const multiLabelIntervals = (
  answers: MultiLabelAnswers,
  options: BootstrapOptions = {},
): Intervals<MultiLabelFigure> => toIntervals(countMultiLabel(answers), options);

/** The interval of any figure that is a mean over texts, such as path accuracy or top-k accuracy. @param values [texts] */
export const meanInterval = (values: ArrayLike<number>, options: BootstrapOptions = {}): Interval => {
  const n = values.length;
  const empty = { slots: 0, starts: new Uint32Array(n + 1), touched: new Uint32Array(), right: new Uint8Array(n) };
  const figures = (_: Float64Array, [mean]: Float64Array): number[] => [mean!];
  return toIntervals({ n, names: ['mean'], ...empty, ...sideBySide(n, [values]), figures }, options).figures.mean;
};
