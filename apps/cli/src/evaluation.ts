import { encodeLabels, type Example } from '@taxon/data';
import {
  classificationMetrics,
  confusionMatrix,
  type ClassificationMetrics,
  type ConfusionMatrix,
  type Mistake,
} from '@taxon/evaluation';
import type { Prediction } from '@taxon/models';

/** A label that the model cannot answer, and the texts that carry it. */
export interface UnseenLabel {
  label: string;
  n: number;
}

export interface Evaluation {
  metrics: ClassificationMetrics;
  confusion: ConfusionMatrix;
  mistakes: Mistake[];
  /** In the order of their first text. */
  unseen: UnseenLabel[];
}

/**
 * Scores predictions. A label that the model does not know is a class of its own, which no prediction ever meets.
 * @param predictions of the examples, in their order, best label first
 * @param labels that the model knows
 */
export const evaluatePredictions = (
  examples: readonly Example[],
  predictions: readonly Prediction[],
  labels: readonly string[],
): Evaluation => {
  const index = new Map(labels.map((label, at) => [label, at]));
  const best = predictions.map((prediction) => prediction.labels[0]!);
  const expected = encodeLabels({ kind: 'single-label', labels: [...labels] }, examples);
  const predicted = Int32Array.from(best, ({ label }) => index.get(label)!);
  const strangers = examples.filter((_, at) => expected[at] === -1).map(({ label }) => label);
  const counts = new Map<string, number>();
  for (const label of strangers) counts.set(label, (counts.get(label) ?? 0) + 1);
  const mistakes = examples.flatMap(({ text, label, line }, at): Mistake[] =>
    label === best[at]!.label
      ? []
      : [{ text, line, expected: label, predicted: best[at]!.label, probability: best[at]!.probability }],
  );
  return {
    metrics: classificationMetrics(expected, predicted, labels, strangers),
    confusion: confusionMatrix(expected, predicted, labels, strangers),
    mistakes,
    unseen: [...counts].map(([label, n]) => ({ label, n })),
  };
};
