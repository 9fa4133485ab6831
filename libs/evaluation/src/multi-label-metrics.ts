import { averagedFigures, type AveragedFigures } from './label-counts.ts';
import type { ClassMetrics } from './metrics.ts';
import { checkAnswers, type MultiLabelAnswers } from './multi-label-answers.ts';
import { ratio } from './shapes.ts';

/** Metrics of a multi-label classifier on one set of texts. All within 0..1, but the mean numbers of labels. */
export interface MultiLabelMetrics extends AveragedFigures {
  /** Texts scored. */
  n: number;
  /** Share of texts whose labels are all right (subset accuracy). */
  exactMatch: number;
  /** Share of all (text, label) decisions that are wrong. */
  hammingLoss: number;
  /** Means over texts; a text without a right and a given label scores 0 here, as in scikit-learn. */
  samplesPrecision: number;
  samplesRecall: number;
  samplesF1: number;
  /** Intersection over union: mean over texts, over labels that occur, and of the sums. */
  samplesJaccard: number;
  macroJaccard: number;
  microJaccard: number;
  /** Mean labels a text. */
  expectedLabels: number;
  predictedLabels: number;
  perLabel: LabelMetrics[];
}

export interface LabelMetrics extends ClassMetrics {
  /** Texts that were given this label. */
  predicted: number;
  jaccard: number;
}

/** Counts of one text, for means over texts. */
const textFigures = (support: number, predicted: number, hits: number): [number, number, number, number] => [
  ratio(hits, predicted),
  ratio(hits, support),
  ratio(2 * hits, support + predicted),
  ratio(hits, support + predicted - hits),
];

/** One pass over all decisions: counts by label, and sums over texts. */
const countDecisions = ({ labels, expected, predicted }: MultiLabelAnswers, n: number) => {
  const classes = labels.length;
  const [support, answers, hits] = [new Uint32Array(classes), new Uint32Array(classes), new Uint32Array(classes)];
  const sums = [0, 0, 0, 0];
  let exact = 0;
  for (let text = 0; text < n; text++) {
    let [s, p, h] = [0, 0, 0];
    for (let label = 0, at = text * classes; label < classes; label++, at++) {
      const [e, a] = [expected[at]!, predicted[at]!];
      support[label]! += e;
      answers[label]! += a;
      hits[label]! += e & a;
      s += e;
      p += a;
      h += e & a;
    }
    if (s === h && p === h) exact += 1;
    textFigures(s, p, h).forEach((value, i) => (sums[i]! += value));
  }
  return { counts: { support, predicted: answers, hits }, sums, exact };
};

/**
 * Scores multi-label answers as scikit-learn does with `zero_division=0`; macro averages leave out labels that occur neither as
 * a right nor as a given label, so that a label missing from a file costs nothing. With no texts, every figure is 0.
 * @throws RangeError for arrays that do not fit together: a bug of the caller
 */
export const multiLabelMetrics = (answers: MultiLabelAnswers): MultiLabelMetrics => {
  const n = checkAnswers(answers);
  const { counts, sums, exact } = countDecisions(answers, n);
  const { support, predicted, hits } = counts;
  const perLabel = answers.labels.map((label, i): LabelMetrics => ({
    label,
    precision: ratio(hits[i]!, predicted[i]!),
    recall: ratio(hits[i]!, support[i]!),
    f1: ratio(2 * hits[i]!, support[i]! + predicted[i]!),
    support: support[i]!,
    predicted: predicted[i]!,
    jaccard: ratio(hits[i]!, support[i]! + predicted[i]! - hits[i]!),
  }));
  const occurring = perLabel.filter((row) => row.support + row.predicted > 0);
  const total = (values: Uint32Array): number => values.reduce((sum, x) => sum + x, 0);
  const [allSupport, allPredicted, allHits] = [total(support), total(predicted), total(hits)];
  return {
    n,
    exactMatch: ratio(exact, n),
    hammingLoss: ratio(allSupport + allPredicted - 2 * allHits, n * answers.labels.length),
    ...averagedFigures(counts),
    samplesPrecision: ratio(sums[0]!, n),
    samplesRecall: ratio(sums[1]!, n),
    samplesF1: ratio(sums[2]!, n),
    samplesJaccard: ratio(sums[3]!, n),
    macroJaccard: ratio(
      occurring.reduce((sum, { jaccard }) => sum + jaccard, 0),
      occurring.length,
    ),
    microJaccard: ratio(allHits, allSupport + allPredicted - allHits),
    expectedLabels: ratio(allSupport, n),
    predictedLabels: ratio(allPredicted, n),
    perLabel,
  };
};
