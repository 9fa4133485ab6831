import {
  classificationMetrics,
  confusionMatrix,
  type ClassificationMetrics,
  type ConfusionMatrix,
  type Mistake,
} from '@taxon/evaluation';
import type { Example } from '@taxon/data';

export interface Scored {
  /** Mean cross-entropy over the texts whose label is known, natural logarithm. */
  loss: number;
  metrics: ClassificationMetrics;
  confusion: ConfusionMatrix;
  mistakes: Mistake[];
}

interface Row {
  best: number;
  /** log Σ exp(logits) */
  logSum: number;
}

const scoreRow = (logits: Float32Array, begin: number, classes: number): Row => {
  let best = 0;
  for (let c = 1; c < classes; c++) if (logits[begin + c]! > logits[begin + best]!) best = c;
  const top = logits[begin + best]!;
  let sum = 0;
  for (let c = 0; c < classes; c++) sum += Math.exp(logits[begin + c]! - top);
  return { best, logSum: top + Math.log(sum) };
};

/**
 * Scores logits [texts, classes] against the right labels.
 * @param expected index of each text's label, −1 where training never saw it
 */
export const scoreLogits = (
  logits: Float32Array,
  expected: Int32Array,
  examples: readonly Example[],
  labels: readonly string[],
): Scored => {
  const classes = labels.length;
  const predicted = new Int32Array(expected.length);
  const mistakes: Mistake[] = [];
  let loss = 0;
  let known = 0;
  examples.forEach(({ text, label, line }, i) => {
    const begin = i * classes;
    const { best, logSum } = scoreRow(logits, begin, classes);
    predicted[i] = best;
    const right = expected[i]!;
    if (right >= 0) {
      loss += logSum - logits[begin + right]!;
      known += 1;
    }
    if (best !== right) {
      const probability = Math.exp(logits[begin + best]! - logSum);
      mistakes.push({ text, expected: label, predicted: labels[best]!, probability, line });
    }
  });
  const unseen = examples.filter((_, i) => expected[i]! < 0).map(({ label }) => label);
  return {
    loss: known === 0 ? 0 : loss / known,
    metrics: classificationMetrics(expected, predicted, labels, unseen),
    confusion: confusionMatrix(expected, predicted, labels, unseen),
    mistakes,
  };
};
