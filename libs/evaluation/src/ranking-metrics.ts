import { averagePrecision } from './average-precision.ts';
import { ratio } from './shapes.ts';
import { columnsOf, rightOf, sortDecisions } from './sorted-decisions.ts';

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

/** Values of a rising array that are not above a score. */
const countUpTo = (rising: Float32Array, score: number): number => {
  let [low, high] = [0, rising.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (rising[middle]! <= score) low = middle + 1;
    else high = middle;
  }
  return low;
};

/** Coverage, ranking loss and average precision of one text's labels. */
const rankText = (scores: Float32Array, expected: Uint8Array): [coverage: number, loss: number, precision: number] => {
  const right = scores.filter((_, label) => expected[label] === 1).sort();
  const [classes, count] = [scores.length, right.length];
  if (count === 0) return [0, 0, 1];
  // A score's level is the number of right labels that it is not below: of those, only the order matters.
  const [atLevel, rightAtLevel] = [new Uint32Array(count + 1), new Uint32Array(count + 1)];
  for (const score of scores) atLevel[countUpTo(right, score)]! += 1;
  for (const score of right) rightAtLevel[countUpTo(right, score)]! += 1;
  let [above, rightAbove, misordered, precision] = [0, 0, 0, 0];
  for (let level = count; level > 0; level--) {
    const own = rightAtLevel[level]!;
    above += atLevel[level]!;
    rightAbove += own;
    misordered += own * (above - rightAbove);
    precision += own * ratio(rightAbove, above);
  }
  return [above, ratio(misordered, count * (classes - count)), precision / count];
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
  const classes = labels.length;
  const sorted = sortDecisions(logits, expected, classes);
  const { n, scores, decisions } = sorted;
  const sums = [0, 0, 0];
  for (let begin = 0; begin < logits.length; begin += classes)
    rankText(logits.subarray(begin, begin + classes), expected.subarray(begin, begin + classes)).forEach(
      (value, i) => (sums[i]! += value),
    );
  const perLabel = columnsOf(sorted).map(({ support, scores: own, right }, i): LabelRanking => {
    const precision = support === 0 ? null : averagePrecision(own, (place) => right[place]!);
    return { label: labels[i]!, support, averagePrecision: precision };
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
    microAveragePrecision: averagePrecision(scores, (place) => rightOf(decisions[place]!)),
    perLabel,
  };
};
