import { ratio } from './shapes.ts';

/** Texts by label: those that carry it, those that were given it, and those where both is so. Each [labels]. */
export interface LabelCounts {
  support: ArrayLike<number>;
  predicted: ArrayLike<number>;
  hits: ArrayLike<number>;
}

export interface AveragedFigures {
  /** From the sums over all labels. */
  microPrecision: number;
  microRecall: number;
  microF1: number;
  /** Plain means over the labels that occur, expected or predicted. */
  macroPrecision: number;
  macroRecall: number;
  macroF1: number;
  /** Means weighted by support. */
  weightedPrecision: number;
  weightedRecall: number;
  weightedF1: number;
}

/**
 * Precision, recall and F1 over all labels, as scikit-learn's `zero_division=0`: micro from the sums, macro as the plain mean
 * over the labels that occur (expected or predicted), weighted by support.
 */
export const averagedFigures = ({ support, predicted, hits }: LabelCounts): AveragedFigures => {
  const macro = [0, 0, 0];
  const weighted = [0, 0, 0];
  let [occurring, allSupport, allPredicted, allHits] = [0, 0, 0, 0];
  for (let label = 0; label < support.length; label++) {
    const [s, p, h] = [support[label]!, predicted[label]!, hits[label]!];
    if (s + p === 0) continue;
    occurring += 1;
    allSupport += s;
    allPredicted += p;
    allHits += h;
    const [precision, recall, f1] = [ratio(h, p), ratio(h, s), (2 * h) / (s + p)];
    macro[0]! += precision;
    macro[1]! += recall;
    macro[2]! += f1;
    weighted[0]! += s * precision;
    weighted[1]! += s * recall;
    weighted[2]! += s * f1;
  }
  return {
    microPrecision: ratio(allHits, allPredicted),
    microRecall: ratio(allHits, allSupport),
    microF1: ratio(2 * allHits, allSupport + allPredicted),
    macroPrecision: ratio(macro[0]!, occurring),
    macroRecall: ratio(macro[1]!, occurring),
    macroF1: ratio(macro[2]!, occurring),
    weightedPrecision: ratio(weighted[0]!, allSupport),
    weightedRecall: ratio(weighted[1]!, allSupport),
    weightedF1: ratio(weighted[2]!, allSupport),
  };
};

/** Mean recall over the labels that have texts. */
export const balancedAccuracy = ({ support, hits }: LabelCounts): number => {
  let [sum, labels] = [0, 0];
  for (let label = 0; label < support.length; label++) {
    if (support[label] === 0) continue;
    sum += hits[label]! / support[label]!;
    labels += 1;
  }
  return ratio(sum, labels);
};

/** Matthews correlation coefficient of single-label answers; 0 where either side holds one label alone. */
export const matthewsCorrelation = ({ support, predicted, hits }: LabelCounts): number => {
  let [n, right, product, supportSquares, predictedSquares] = [0, 0, 0, 0, 0];
  for (let label = 0; label < support.length; label++) {
    const [s, p] = [support[label]!, predicted[label]!];
    n += s;
    right += hits[label]!;
    product += s * p;
    supportSquares += s * s;
    predictedSquares += p * p;
  }
  const spread = Math.sqrt(n * n - supportSquares) * Math.sqrt(n * n - predictedSquares);
  return ratio(right * n - product, spread);
};
