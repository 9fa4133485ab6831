import type { LabelColumn } from '../sorted-decisions.ts';
import { bestForTarget } from './label-cuts.ts';
import { scoreThresholds } from './score-thresholds.ts';

/** Rounds of Dinkelbach's method, which converges faster than linearly: few are ever needed. */
const mostRounds = 30;

/**
 * Thresholds that maximise micro F1 together: exact, since F1 is a ratio of sums over labels (Dinkelbach 1967). Each round gives
 * every label the cut that adds most to 2 · hits − F1 · given, at the F1 reached so far.
 * @param tuned labels that get a threshold of their own; the others keep the global one
 */
export const bestForMicroF1 = (
  columns: readonly LabelColumn[],
  tuned: readonly boolean[],
  global: number,
): Float64Array => {
  let cuts = new Float64Array(columns.length).fill(global);
  let value = scoreThresholds(columns, cuts).score.microF1;
  for (let round = 0; round < mostRounds; round++) {
    const next = cuts.map((cut, label) => (tuned[label]! ? bestForTarget(columns[label]!, value) : cut));
    const reached = scoreThresholds(columns, next).score.microF1;
    if (reached <= value + 1e-12) break;
    [cuts, value] = [next, reached];
  }
  return cuts;
};
