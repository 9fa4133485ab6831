import { indexOfLargest, sigmoid, softplus } from '@taxon/probability';
import { checkClasses, ratio, sameLength } from '../shapes.ts';

/** A temperature and what it does to the loss of the texts that it was fitted on. */
export interface FittedTemperature {
  /** Logits are divided by it; above 1 the model was too sure. */
  temperature: number;
  /** Mean negative log-likelihood (natural logarithm) at temperature 1 and at the fitted one. */
  lossBefore: number;
  lossAfter: number;
}

/** The mean loss as a function of β = 1 / T: convex, whatever the logits. */
interface Loss {
  at: (beta: number) => number;
  /** First and second derivative. */
  bend: (beta: number) => { slope: number; curvature: number };
}

/** Cross-entropy of softmax(β · z): the slope is E[z] − z of the right label, the curvature the variance of z. */
const softmaxLoss = (logits: Float32Array, expected: Int32Array, classes: number): Loss => {
  const known = Array.from(expected.keys()).filter((text) => expected[text]! >= 0);
  /** A text's logits, their largest, and how far the right one lies below it; powers of what is ≤ 0 cannot overflow. */
  const rowOf = (text: number) => {
    const row = logits.subarray(text * classes, (text + 1) * classes);
    const largest = row[indexOfLargest(row)]!;
    return { row, largest, right: row[expected[text]!]! - largest };
  };
  const at = (beta: number): number => {
    let loss = 0;
    for (const text of known) {
      const { row, largest, right } = rowOf(text);
      let weights = 0;
      for (let i = 0; i < classes; i++) weights += Math.exp(beta * (row[i]! - largest));
      loss += Math.log(weights) - beta * right;
    }
    return ratio(loss, known.length);
  };
  const bend = (beta: number) => {
    let [slope, curvature] = [0, 0];
    for (const text of known) {
      const { row, largest, right } = rowOf(text);
      let [weights, first, second] = [0, 0, 0];
      for (let i = 0; i < classes; i++) {
        const below = row[i]! - largest;
        const weight = Math.exp(beta * below);
        weights += weight;
        first += weight * below;
        second += weight * below * below;
      }
      const mean = first / weights;
      slope += mean - right;
      curvature += second / weights - mean * mean;
    }
    return { slope: ratio(slope, known.length), curvature: ratio(curvature, known.length) };
  };
  return { at, bend };
};

/** Binary cross-entropy of σ(β · z) over all decisions. */
const sigmoidLoss = (logits: Float32Array, expected: Uint8Array): Loss => {
  const n = logits.length;
  const at = (beta: number): number => {
    let loss = 0;
    for (let i = 0; i < n; i++) loss += softplus(expected[i] === 1 ? -beta * logits[i]! : beta * logits[i]!);
    return ratio(loss, n);
  };
  const bend = (beta: number) => {
    let [slope, curvature] = [0, 0];
    for (let i = 0; i < n; i++) {
      const z = logits[i]!;
      const p = sigmoid(beta * z);
      slope += z * (p - expected[i]!);
      curvature += z * z * p * (1 - p);
    }
    return { slope: ratio(slope, n), curvature: ratio(curvature, n) };
  };
  return { at, bend };
};

/** Spread of logits, from which the search takes its scale: 1 where all are smaller. */
const scaleOf = (logits: Float32Array): number => {
  let scale = 1;
  for (let i = 0; i < logits.length; i++) scale = Math.max(scale, Math.abs(logits[i]!));
  return scale;
};

/** The error after a Newton step is about the square of the step: a last one so small ends at the limit of double precision. */
const smallStep = 1e-7;

/**
 * Newton's method on the slope, held within a bracket that shrinks around its root.
 * Where all answers are right the loss falls for ever: the temperature then stops at 1/100.
 */
const minimise = (loss: Loss, scale: number): FittedTemperature => {
  let [low, high] = [1e-3 / scale, 100];
  let beta = 1;
  for (let round = 0; round < 60 && high - low > 1e-9 * high; round++) {
    const { slope, curvature } = loss.bend(beta);
    if (slope === 0) break;
    if (slope > 0) high = beta;
    else low = beta;
    const newton = beta - slope / curvature;
    // Outside the bracket, or without curvature: halve the bracket on the logarithmic scale.
    const inside = newton > low && newton < high;
    const next = inside ? newton : Math.sqrt(low * high);
    const small = Math.abs(next - beta) <= (inside ? smallStep : 1e-10) * beta;
    beta = next;
    if (small) break;
  }
  const [lossBefore, lossAfter] = [loss.at(1), loss.at(beta)];
  if (!(lossAfter < lossBefore)) return { temperature: 1, lossBefore, lossAfter: lossBefore };
  return { temperature: 1 / beta, lossBefore, lossAfter };
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
