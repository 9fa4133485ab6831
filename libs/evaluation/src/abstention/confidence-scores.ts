import { indexOfLargest, logSumExp } from '@taxon/probability';
import { rowsOf } from '../shapes.ts';

/** How sure a model is of a text; whatever the kind, higher means surer. */
export type ConfidenceKind = 'maxProbability' | 'margin' | 'entropy' | 'energy';

/** Scores of one row of logits, each the higher the surer. */
const scoreOf: Record<ConfidenceKind, (row: Float32Array, temperature: number) => number> = {
  /** Softmax probability of the answer (Hendrycks and Gimpel 2017). */
  maxProbability: (row, temperature) => softmax(row, temperature).largest,
  /** Probability of the answer less that of the next label. */
  margin: (row, temperature) => {
    const { largest, second } = softmax(row, temperature);
    return largest - second;
  },
  /** Negative entropy of the softmax, natural logarithm. */
  entropy: (row, temperature) => softmax(row, temperature).negativeEntropy,
  /** Negative free energy, T · log Σ exp(z / T) (Liu et al. 2020): unlike the others it sees how large the logits are. */
  energy: (row, temperature) => temperature * logSumExp(row, 1 / temperature),
};

const softmax = (row: Float32Array, temperature: number) => {
  const answer = indexOfLargest(row);
  let [sum, weighted, next] = [0, 0, 0];
  row.forEach((z, i) => {
    const below = (z - row[answer]!) / temperature;
    const power = Math.exp(below);
    sum += power;
    if (power > 0) weighted += power * below; // 0 · −∞ is 0 here
    if (i !== answer && power > next) next = power;
  });
  // Σ p log p = Σ p (z − largest) − log Σ exp(z − largest)
  return { largest: 1 / sum, second: next / sum, negativeEntropy: weighted / sum - Math.log(sum) };
};

/**
 * How sure a single-label model is of every text: [texts], higher = surer, for `outOfScopeDetection` and the rest.
 * @param logits [texts, labels]
 * @param temperature logits are divided by it. @default 1
 */
export const confidenceScores = (
  logits: Float32Array,
  classes: number,
  kind: ConfidenceKind,
  temperature = 1,
): Float64Array => {
  const n = rowsOf('logits', logits, classes);
  return Float64Array.from({ length: n }, (_, text) =>
    scoreOf[kind](logits.subarray(text * classes, (text + 1) * classes), temperature),
  );
};
