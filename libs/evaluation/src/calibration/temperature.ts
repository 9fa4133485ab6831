import { sigmoid, softplus } from '@taxon/probability';
import { checkClasses, ratio, sameLength } from '../shapes.ts';

/** A temperature and what it does to the loss of the texts that it was fitted on. */
export interface FittedTemperature {
  /** Logits are divided by it; above 1 the model was too sure. */
  temperature: number;
  /** Mean negative log-likelihood (natural logarithm) at temperature 1 and at the fitted one. */
  lossBefore: number;
  lossAfter: number;
}

/** Mean loss and its slope and curvature in β = 1 / T: convex in β, whatever the logits. */
interface LossAt {
  loss: number;
  slope: number;
  curvature: number;
}

/** Cross-entropy of softmax(β · z): the slope is E[z] − z of the right label, the curvature the variance of z. */
const softmaxLoss = (logits: Float32Array, expected: Int32Array, classes: number) => {
  const known = expected.reduce((sum, label) => sum + Number(label >= 0), 0);
  return (beta: number): LossAt => {
    let [loss, slope, curvature] = [0, 0, 0];
    expected.forEach((label, text) => {
      if (label < 0) return;
      const row = logits.subarray(text * classes, (text + 1) * classes);
      const largest = row.reduce((most, z) => Math.max(most, z), -Infinity);
      let [weights, first, second] = [0, 0, 0];
      for (const z of row) {
        const below = z - largest; // ≤ 0: the power cannot overflow
        const weight = Math.exp(beta * below);
        weights += weight;
        first += weight * below;
        second += weight * below * below;
      }
      const mean = first / weights;
      const right = row[label]! - largest;
      loss += Math.log(weights) - beta * right;
      slope += mean - right;
      curvature += second / weights - mean * mean;
    });
    return { loss: ratio(loss, known), slope: ratio(slope, known), curvature: ratio(curvature, known) };
  };
};

/** Binary cross-entropy of σ(β · z) over all decisions. */
const sigmoidLoss =
  (logits: Float32Array, expected: Uint8Array) =>
  (beta: number): LossAt => {
    let [loss, slope, curvature] = [0, 0, 0];
    for (let i = 0; i < logits.length; i++) {
      const z = logits[i]!;
      const p = sigmoid(beta * z);
      loss += softplus(expected[i] === 1 ? -beta * z : beta * z);
      slope += z * (p - expected[i]!);
      curvature += z * z * p * (1 - p);
    }
    const n = logits.length;
    return { loss: ratio(loss, n), slope: ratio(slope, n), curvature: ratio(curvature, n) };
  };

/** Spread of logits, from which the search takes its scale: 1 where all are equal. */
const scaleOf = (logits: Float32Array): number =>
  Math.max(
    1,
    logits.reduce((most, z) => Math.max(most, Math.abs(z)), 0),
  );

/**
 * Newton's method on the slope, held within a bracket that shrinks around its root.
 * Where all answers are right the loss falls for ever: the temperature then stops at 1/100.
 */
const minimise = (lossAt: (beta: number) => LossAt, scale: number): FittedTemperature => {
  const before = lossAt(1);
  let [low, high] = [1e-3 / scale, 100];
  let [beta, at] = [1, before];
  for (let round = 0; round < 60 && at.slope !== 0 && high - low > 1e-9 * high; round++) {
    if (at.slope > 0) high = beta;
    else low = beta;
    const newton = beta - at.slope / at.curvature;
    // Outside the bracket, or without curvature: halve the bracket on the logarithmic scale.
    const next = newton > low && newton < high ? newton : Math.sqrt(low * high);
    const small = Math.abs(next - beta) <= 1e-10 * beta;
    beta = next;
    at = lossAt(beta);
    if (small) break;
  }
  if (!(at.loss < before.loss)) return { temperature: 1, lossBefore: before.loss, lossAfter: before.loss };
  return { temperature: 1 / beta, lossBefore: before.loss, lossAfter: at.loss };
};

/**
 * The temperature with the least cross-entropy on a validation part (Guo et al. 2017). Answers do not change, only how sure they
 * are. Texts whose label was unseen in training (−1) are left out; with no texts the temperature is 1.
 * @param logits [texts, labels]
 * @param expected [texts]
 */
export const fitSoftmaxTemperature = (
  logits: Float32Array,
  expected: Int32Array,
  classes: number,
): FittedTemperature => {
  sameLength('expected × labels', { length: expected.length * classes }, 'logits', logits);
  checkClasses(expected, classes);
  return minimise(softmaxLoss(logits, expected, classes), scaleOf(logits));
};

/** As `fitSoftmaxTemperature` for multi-label logits: one temperature for all labels. Both [texts, labels]. */
export const fitSigmoidTemperature = (logits: Float32Array, expected: Uint8Array): FittedTemperature => {
  sameLength('logits', logits, 'expected', expected);
  return minimise(sigmoidLoss(logits, expected), scaleOf(logits));
};
