import type { MultiLabelAnswers } from '../multi-label-answers.ts';
import { createRandom, type Random } from '../random.ts';
import {
  addText,
  copySums,
  countMultiLabel,
  countSingleLabel,
  figuresOfSums,
  noSums,
  weightedFigures,
  type CountedTexts,
  type MultiLabelFigure,
  type SingleLabelFigure,
} from './counted-texts.ts';
import { mcnemarExact } from './mcnemar.ts';
import { checkResampling, drawWeights, quantile } from './resample.ts';

/** Where a figure may well lie. */
export interface Range {
  lower: number;
  upper: number;
}

/** One figure of two runs on the same texts. */
export interface PairedFigure {
  a: number;
  b: number;
  /** Bootstrap intervals of a and of b: those of `singleLabelIntervals` with the same options. */
  rangeA: Range;
  rangeB: Range;
  /** b − a */
  difference: number;
  /** Bootstrap interval of the difference, over the texts. */
  lower: number;
  upper: number;
  /** Two-sided, 0..1: how often chance makes such a difference between equal runs. */
  p: number;
  test: 'mcnemar' | 'permutation';
}

export interface RunComparison<Name extends string = string> {
  n: number;
  level: number;
  figures: Record<Name, PairedFigure>;
  /** Texts that only one run answers fully right. */
  onlyA: number;
  onlyB: number;
}

export interface CompareOptions {
  /** Resamples for the intervals, and as many permutations. @default 1000 */
  resamples?: number;
  /** @default 0.95 */
  level?: number;
  /** Any integer; the lower 32 bits count. @default 0 */
  seed?: number;
}

/** Texts that two runs on the same texts answer differently. */
const differingTexts = <Name extends string>(a: CountedTexts<Name>, b: CountedTexts<Name>): Uint32Array => {
  const touchedBy = ({ starts, touched }: CountedTexts<Name>, text: number): Uint32Array =>
    touched.subarray(starts[text], starts[text + 1]);
  const differs = (text: number): boolean => {
    const [one, other] = [touchedBy(a, text), touchedBy(b, text)];
    return one.length !== other.length || one.some((slot, i) => slot !== other[i]);
  };
  return Uint32Array.from(a.starts.subarray(1).keys()).filter(differs);
};

/**
 * Draws what chance does to two equal runs: the differences of the figures after the answers of random texts changed sides. Only
 * texts that are answered differently make a difference; the others are counted once.
 */
const createSwaps = <Name extends string>(a: CountedTexts<Name>, b: CountedTexts<Name>, random: Random) => {
  const differing = differingTexts(a, b);
  const alike = noSums(a);
  for (let text = 0; text < a.n; text++) addText(alike, a, text, 1);
  for (const text of differing) addText(alike, a, text, -1);
  const swapped = new Uint32Array(Math.ceil(a.n / 32)); // a bit for each text
  return (): number[] => {
    for (let i = 0; i < swapped.length; i++) swapped[i] = random();
    const [one, two] = [copySums(alike), copySums(alike)];
    for (const text of differing) {
      const swap = ((swapped[text >>> 5]! >>> (text & 31)) & 1) === 1;
      addText(swap ? two : one, a, text, 1);
      addText(swap ? one : two, b, text, 1);
    }
    const [figuresA, figuresB] = [figuresOfSums(a, one), figuresOfSums(a, two)];
    return figuresA.map((value, i) => figuresB[i]! - value);
  };
};

const rangeOf = (drawn: Float64Array, level: number): Range => {
  const rising = drawn.sort();
  return { lower: quantile(rising, (1 - level) / 2), upper: quantile(rising, (1 + level) / 2) };
};

const compare = <Name extends string>(
  a: CountedTexts<Name>,
  b: CountedTexts<Name>,
  exact: Name,
  { resamples = 1000, level = 0.95, seed = 0 }: CompareOptions,
): RunComparison<Name> => {
  checkResampling(resamples, level);
  const { n, names } = a;
  const all = new Uint32Array(n).fill(1);
  const [figuresA, figuresB] = [weightedFigures(a, all), weightedFigures(b, all)];
  const [ofA, ofB, differences] = [0, 1, 2].map(() => names.map(() => new Float64Array(resamples)));
  const asLarge = new Uint32Array(names.length);
  // Two streams: texts are drawn as for the intervals of a run alone.
  const [draws, weights] = [createRandom(seed), new Uint32Array(n)];
  const swappedDifferences = createSwaps(a, b, createRandom(~seed));
  for (let round = 0; round < resamples; round++) {
    drawWeights(weights, draws);
    const [drawnA, drawnB] = [weightedFigures(a, weights), weightedFigures(b, weights)];
    drawnA.forEach((value, i) => {
      ofA![i]![round] = value;
      ofB![i]![round] = drawnB[i]!;
      differences![i]![round] = drawnB[i]! - value;
    });
    swappedDifferences().forEach((difference, i) => {
      // Sums in another order round otherwise: a difference that is as large but for that counts.
      if (Math.abs(difference) >= Math.abs(figuresB[i]! - figuresA[i]!) - 1e-12) asLarge[i]! += 1;
    });
  }
  const only = (one: Uint8Array, other: Uint8Array): number => one.reduce((sum, x, i) => sum + (x & ~other[i]!), 0);
  const [onlyA, onlyB] = [only(a.right, b.right), only(b.right, a.right)];
  const figures = names.map((name, i): [Name, PairedFigure] => {
    const [valueA, valueB] = [figuresA[i]!, figuresB[i]!];
    const test = name === exact ? 'mcnemar' : 'permutation';
    const p = test === 'mcnemar' ? mcnemarExact(onlyA, onlyB) : (asLarge[i]! + 1) / (resamples + 1);
    const [rangeA, rangeB, range] = [ofA, ofB, differences].map((drawn) => rangeOf(drawn![i]!, level));
    const difference = valueB - valueA;
    return [name, { a: valueA, b: valueB, rangeA: rangeA!, rangeB: rangeB!, difference, ...range!, p, test }];
  });
  return { n, level, figures: Object.fromEntries(figures) as Record<Name, PairedFigure>, onlyA, onlyB };
};

/**
 * Compares two single-label runs on the same texts: McNemar's exact test for accuracy, a permutation test (answers of random texts
 * change sides) for the other figures, and a paired bootstrap interval of each difference.
 * Both runs have the same labels; other parameters and errors as `classificationMetrics`.
 */
export const compareSingleLabelRuns = (
  expected: Int32Array,
  predictedA: Int32Array,
  predictedB: Int32Array,
  labels: readonly string[],
  options: CompareOptions & { unseenLabels?: readonly string[] } = {},
): RunComparison<SingleLabelFigure> => {
  const [a, b] = [predictedA, predictedB].map((predicted) =>
    countSingleLabel(expected, predicted, labels, options.unseenLabels),
  );
  return compare(a!, b!, 'accuracy', options);
};

/** As `compareSingleLabelRuns`, for multi-label answers; McNemar's test is for exact match. */
export const compareMultiLabelRuns = (
  { labels, expected }: Pick<MultiLabelAnswers, 'labels' | 'expected'>,
  predictedA: Uint8Array,
  predictedB: Uint8Array,
  options: CompareOptions = {},
): RunComparison<MultiLabelFigure> => {
  const [a, b] = [predictedA, predictedB].map((predicted) => countMultiLabel({ labels, expected, predicted }));
  return compare(a!, b!, 'exactMatch', options);
};
