import { averagedFigures, balancedAccuracy, matthewsCorrelation } from './label-counts.ts';
import type { ClassMetrics, SingleLabelMetrics } from './metrics.ts';
import { scoredLabels } from './scored-labels.ts';
import { ratio } from './shapes.ts';

/**
 * Scores single-label answers as scikit-learn's `f1_score(…, zero_division=0)` does.
 *
 * `accuracy` is over all texts. Macro averages are plain means over the classes that occur, as an expected or as a predicted label;
 * weighted ones weigh by support. A text whose label training never saw counts as an error, and its label as a class with recall 0.
 * `perClass` holds every label of the model in its order, then the unseen ones; with no texts at all, every figure is 0.
 *
 * @param expected index into `labels` of the right label, −1 for a label unseen in training; shape [texts]
 * @param predicted index into `labels` of the answer; shape [texts]
 * @param unseenLabels one name for each −1, in order, so that each counts as its own class; without them they count as one
 * @throws RangeError for indices out of range or lengths that differ: a bug of the caller
 */
export const classificationMetrics = (
  expected: Int32Array,
  predicted: Int32Array,
  labels: readonly string[],
  unseenLabels?: readonly string[],
): SingleLabelMetrics => {
  const scored = scoredLabels(expected, predicted, labels, unseenLabels);
  const classes = scored.names.length;
  const [support, answers, hits] = [new Uint32Array(classes), new Uint32Array(classes), new Uint32Array(classes)];
  predicted.forEach((answer, i) => {
    const label = scored.expected[i]!;
    support[label]! += 1;
    answers[answer]! += 1;
    if (label === answer) hits[label]! += 1;
  });
  const perClass = scored.names.map((label, c): ClassMetrics => ({
    label,
    precision: ratio(hits[c]!, answers[c]!),
    recall: ratio(hits[c]!, support[c]!),
    f1: ratio(2 * hits[c]!, support[c]! + answers[c]!),
    support: support[c]!,
  }));
  const n = predicted.length;
  const counts = { support, predicted: answers, hits };
  return {
    n,
    accuracy: ratio(
      hits.reduce((sum, count) => sum + count, 0),
      n,
    ),
    ...averagedFigures(counts),
    balancedAccuracy: balancedAccuracy(counts),
    mcc: matthewsCorrelation(counts),
    perClass,
  };
};
