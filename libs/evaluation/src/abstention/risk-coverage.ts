import { fallingOrder } from '../order.ts';
import { ratio, sameLength } from '../shapes.ts';
import { thin } from '../thin.ts';

export interface RiskCoveragePoint {
  /** Texts with a score not below it are answered. */
  threshold: number;
  /** Share of texts answered, 0..1. */
  coverage: number;
  /** Share of wrong answers among them, 0..1. */
  risk: number;
}

/** What abstaining from the least sure answers brings. */
export interface RiskCoverage {
  n: number;
  /** Area under the curve: mean risk over all coverages; lower is better. */
  aurc: number;
  /** By growing coverage. */
  points: RiskCoveragePoint[];
}

/**
 * Risk against coverage: how wrong the answers are when only the surest are given (Geifman and El-Yaniv 2017).
 * Texts with equal scores are answered together, and share their risk in `aurc`.
 * @param scores higher = surer: [texts]
 * @param right 1 = the answer is right: [texts]
 * @param points of the curve, about. @default 200
 */
export const riskCoverage = (scores: Float64Array, right: Uint8Array, points = 200): RiskCoverage => {
  sameLength('scores', scores, 'right', right);
  const n = scores.length;
  const order = fallingOrder(scores);
  const curve: RiskCoveragePoint[] = [];
  let [wrong, area, answered] = [0, 0, 0];
  for (let i = 0; i < n; i++) {
    wrong += 1 - right[order[i]!]!;
    const threshold = scores[order[i]!]!;
    if (i + 1 < n && scores[order[i + 1]!] === threshold) continue;
    area += ((i + 1 - answered) * wrong) / (i + 1);
    answered = i + 1;
    curve.push({ threshold, coverage: answered / n, risk: wrong / answered });
  }
  return { n, aurc: ratio(area, n), points: thin(curve, points) };
};
