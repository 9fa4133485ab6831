import { averagePrecision } from './average-precision.ts';
import { fallingOrder } from './order.ts';
import { ratio, rowsOf, sameLength } from './shapes.ts';

/** How well scores order the labels of a text, and the texts of a label: no threshold is involved. */
export interface RankingMetrics {
  n: number;
  /** Mean number of labels, from the best score down, that covers all right ones; best is the mean number of labels. */
  coverageError: number;
  /** Mean share of (right, wrong) label pairs in the wrong order, ties counted as wrong: 0..1, 0 is best. */
  labelRankingLoss: number;
  /** Label ranking average precision, 0..1. */
  labelRankingAveragePrecision: number;
  /** Mean of `averagePrecision` over labels that have texts, 0..1. */
  meanAveragePrecision: number;
  /** Average precision of all decisions together, 0..1. */
  microAveragePrecision: number;
  perLabel: LabelRanking[];
}

export interface LabelRanking {
  label: string;
  support: number;
  /** Area under the precision-recall curve as a sum of steps; null where no text carries the label. */
  averagePrecision: number | null;
}

/** Values of a rising array that are not below a score. */
const countFrom = (rising: Float32Array, score: number): number => {
  let [low, high] = [0, rising.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (rising[middle]! < score) low = middle + 1;
    else high = middle;
  }
  return rising.length - low;
};

/** Coverage, ranking loss and average precision of one text's labels. */
const rankText = (scores: Float32Array, expected: Uint8Array): [coverage: number, loss: number, precision: number] => {
  const right = scores.filter((_, label) => expected[label] === 1).sort();
  const [classes, count] = [scores.length, right.length];
  if (count === 0) return [0, 0, 1];
  const all = scores.slice().sort();
  const coverage = countFrom(all, right[0]!);
  if (count === classes) return [coverage, 0, 1];
  let [misordered, precision] = [0, 0];
  for (const score of right) {
    const [above, rightAbove] = [countFrom(all, score), countFrom(right, score)];
    misordered += above - rightAbove;
    precision += rightAbove / above;
  }
  return [coverage, misordered / (count * (classes - count)), precision / count];
};

/** A matrix turned on its side: [texts, labels] to [labels, texts]. */
const transpose = (scores: Float32Array, n: number, classes: number): Float32Array => {
  const turned = new Float32Array(scores.length);
  for (let text = 0; text < n; text++)
    for (let label = 0; label < classes; label++) turned[label * n + text] = scores[text * classes + label]!;
  return turned;
};

/**
 * Ranking metrics as scikit-learn's `coverage_error`, `label_ranking_loss`, `label_ranking_average_precision_score` and
 * `average_precision_score`. Texts without labels count as 0 coverage, no loss and full precision there, and so here.
 * @param logits or probabilities: [texts, labels]
 * @param expected [texts, labels]
 */
export const rankingMetrics = (
  logits: Float32Array,
  expected: Uint8Array,
  labels: readonly string[],
): RankingMetrics => {
  sameLength('logits', logits, 'expected', expected);
  const classes = labels.length;
  const n = rowsOf('logits', logits, classes);
  const sums = [0, 0, 0];
  for (let begin = 0; begin < logits.length; begin += classes)
    rankText(logits.subarray(begin, begin + classes), expected.subarray(begin, begin + classes)).forEach(
      (value, i) => (sums[i]! += value),
    );
  const columns = transpose(logits, n, classes);
  const perLabel = labels.map((label, column): LabelRanking => {
    const scores = columns.subarray(column * n, (column + 1) * n);
    let support = 0;
    for (let at = column; at < expected.length; at += classes) support += expected[at]!;
    if (support === 0) return { label, support, averagePrecision: null };
    const precision = averagePrecision(fallingOrder(scores), scores, (text) => expected[text * classes + column]!);
    return { label, support, averagePrecision: precision };
  });
  const ranked = perLabel.flatMap((row) => row.averagePrecision ?? []);
  return {
    n,
    coverageError: ratio(sums[0]!, n),
    labelRankingLoss: ratio(sums[1]!, n),
    labelRankingAveragePrecision: ratio(sums[2]!, n),
    meanAveragePrecision: ratio(
      ranked.reduce((sum, x) => sum + x, 0),
      ranked.length,
    ),
    microAveragePrecision: averagePrecision(fallingOrder(logits), logits, (i) => expected[i]!),
    perLabel,
  };
};
