import { indexOfLargest, sigmoid, softplus } from '@taxon/probability';
import { fallingOrder } from '../order.ts';
import { checkClasses, ratio, sameLength } from '../shapes.ts';
import { rightOf, sortDecisions, type SortedDecisions } from '../sorted-decisions.ts';
import { calibrationError, equalMassBins, equalWidthBins, type ReliabilityBin } from './reliability-bins.ts';
import { fitSigmoidTemperature, fitSoftmaxTemperature } from './temperature.ts';

/** How far probabilities can be believed. */
export interface CalibrationFigures {
  /** Decisions: texts (single-label), or texts × labels (multi-label). */
  n: number;
  /** Mean negative log-likelihood of a decision, natural logarithm. */
  loss: number;
  /** Mean squared error: over the whole distribution of a text, 0..2 (single-label), or of a decision, 0..1 (multi-label). */
  brier: number;
  /** Expected calibration error with bins of equal width, 0..1. */
  ece: number;
  /** With bins of equal numbers of decisions. */
  eceEqualMass: number;
  /** Largest gap of a bin of equal width. */
  maximumError: number;
  /** Bins of equal width from 0 to 1, for the reliability diagram. */
  bins: ReliabilityBin[];
  equalMassBins: ReliabilityBin[];
}

/** A temperature fitted on one part, and the figures of another (or the same) before and after. */
export interface CalibrationReport {
  kind: 'single-label' | 'multi-label';
  temperature: number;
  before: CalibrationFigures;
  after: CalibrationFigures;
}

/** Bins of the reliability diagram: as in Guo et al. 2017. */
const defaultBins = 15;

export interface CalibrationOptions {
  /** Logits are divided by it. @default 1 */
  temperature?: number;
  /** @default 15 */
  bins?: number;
}

/** Decisions by rising confidence, and the sums of their losses. */
interface Judged {
  confidence: Float64Array;
  right: Uint8Array;
  loss: number;
  brier: number;
}

const figuresOf = ({ confidence, right, loss, brier }: Judged, bins: number): CalibrationFigures => {
  const n = confidence.length;
  const wide = equalWidthBins(confidence, right, bins);
  const heavy = equalMassBins(confidence, right, bins);
  const gaps = wide.map((bin) => (bin.count === 0 ? 0 : Math.abs(bin.confidence - bin.accuracy)));
  return {
    n,
    loss: ratio(loss, n),
    brier: ratio(brier, n),
    ece: calibrationError(wide),
    eceEqualMass: calibrationError(heavy),
    maximumError: Math.max(0, ...gaps),
    bins: wide,
    equalMassBins: heavy,
  };
};

/**
 * Calibration of single-label answers: the confidence of a text is its answer's softmax probability.
 * A label unseen in training (−1) is left out, as a temperature cannot mend it.
 * @param logits [texts, labels]
 * @param expected [texts]
 */
export const softmaxCalibration = (
  logits: Float32Array,
  expected: Int32Array,
  classes: number,
  { temperature = 1, bins = defaultBins }: CalibrationOptions = {},
): CalibrationFigures => {
  sameLength('expected × labels', { length: expected.length * classes }, 'logits', logits);
  checkClasses(expected, classes);
  const known = Array.from(expected.keys()).filter((text) => expected[text]! >= 0);
  const [confidence, right] = [new Float64Array(known.length), new Uint8Array(known.length)];
  const powers = new Float64Array(classes);
  let [loss, brier] = [0, 0];
  known.forEach((text, place) => {
    const row = logits.subarray(text * classes, (text + 1) * classes);
    const label = expected[text]!;
    const answer = indexOfLargest(row);
    let [sum, squares] = [0, 0];
    for (let i = 0; i < classes; i++) {
      const power = Math.exp((row[i]! - row[answer]!) / temperature);
      powers[i] = power;
      sum += power;
      squares += power * power;
    }
    // Σ (p − y)² = Σ p² − 2 p of the right label + 1, which rounding may take below 0.
    brier += Math.max(0, squares / (sum * sum) - (2 * powers[label]!) / sum + 1);
    loss += Math.log(sum) - (row[label]! - row[answer]!) / temperature;
    confidence[place] = 1 / sum;
    right[place] = Number(answer === label);
  });
  const rising = fallingOrder(confidence).reverse();
  const judged = {
    confidence: confidence.sort(),
    right: Uint8Array.from(rising, (place) => right[place]!),
    loss,
    brier,
  };
  return figuresOf(judged, bins);
};

/** As `sigmoidCalibration`, of decisions that are sorted: a temperature does not change their order. */
const sortedCalibration = (
  { scores, decisions }: SortedDecisions,
  { temperature = 1, bins = defaultBins }: CalibrationOptions,
): CalibrationFigures => {
  const n = scores.length;
  const [confidence, right] = [new Float64Array(n), new Uint8Array(n)];
  let [loss, brier] = [0, 0];
  for (let i = 0; i < n; i++) {
    const [z, carries] = [scores[n - 1 - i]! / temperature, rightOf(decisions[n - 1 - i]!)];
    const p = sigmoid(z);
    confidence[i] = p;
    right[i] = carries;
    loss += softplus(carries === 1 ? -z : z);
    brier += (p - carries) ** 2;
  }
  return figuresOf({ confidence, right, loss, brier }, bins);
};

/** Calibration of multi-label decisions, one for each text and label: the confidence is the label's probability. */
export const sigmoidCalibration = (
  logits: Float32Array,
  expected: Uint8Array,
  options: CalibrationOptions = {},
): CalibrationFigures => sortedCalibration(sortDecisions(logits, expected, 1), options);

/** Logits and right labels of one part: `expected` is [texts] of Int32Array (single-label) or [texts, labels] of Uint8Array. */
export interface ScoredPart<Expected extends Int32Array | Uint8Array = Int32Array | Uint8Array> {
  logits: Float32Array;
  expected: Expected;
}

/**
 * Fits a temperature on one part and tells what it does to another: the figures of `scored` are honest where it is a part of its
 * own, and flattering where it is left out and `validation` is judged by itself.
 */
export const calibrate = (
  kind: 'single-label' | 'multi-label',
  classes: number,
  validation: ScoredPart,
  scored: ScoredPart = validation,
  bins = defaultBins,
): CalibrationReport => {
  if (kind === 'multi-label') {
    const sorted = sortDecisions(scored.logits, multiHot(scored), classes);
    const figures = (temperature: number) => sortedCalibration(sorted, { temperature, bins });
    const { temperature } = fitSigmoidTemperature(validation.logits, multiHot(validation));
    return { kind, temperature, before: figures(1), after: figures(temperature) };
  }
  const figures = (temperature: number) =>
    softmaxCalibration(scored.logits, indices(scored), classes, { temperature, bins });
  const { temperature } = fitSoftmaxTemperature(validation.logits, indices(validation), classes);
  return { kind, temperature, before: figures(1), after: figures(temperature) };
};

const multiHot = ({ expected }: ScoredPart): Uint8Array => {
  if (expected instanceof Uint8Array) return expected;
  throw new TypeError('multi-label calibration wants Uint8Array [texts, labels]');
};

const indices = ({ expected }: ScoredPart): Int32Array => {
  if (expected instanceof Int32Array) return expected;
  throw new TypeError('single-label calibration wants Int32Array [texts]');
};
