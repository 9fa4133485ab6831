import { averagePrecision } from '../average-precision.ts';
import { fallingOrder } from '../order.ts';
import { sameLength } from '../shapes.ts';
import { thin } from '../thin.ts';

export interface RocPoint {
  threshold: number;
  /** Share of out-of-scope texts that are answered. */
  falsePositiveRate: number;
  /** Share of in-scope texts that are answered. */
  truePositiveRate: number;
}

/** How well a score tells texts in scope from texts out of it. All within 0..1. */
export interface OutOfScopeDetection {
  inScope: number;
  outOfScope: number;
  /** Chance that a text in scope scores above one out of it; 0.5 is guessing. */
  auroc: number;
  /** Average precision with in scope, and with out of scope, as the class to find. */
  auprIn: number;
  auprOut: number;
  /** Share of out-of-scope texts answered where at least 95 % of those in scope are. */
  fpr95: number;
  /** By falling threshold. */
  roc: RocPoint[];
}

/** Texts answered at every distinct threshold, by falling threshold, from none on. */
interface Answered {
  threshold: number;
  inScope: number;
  outOfScope: number;
}

/** @param inScope 1 = in scope: [texts] */
export const answeredByThreshold = (scores: Float64Array, inScope: Uint8Array): Answered[] => {
  const order = fallingOrder(scores);
  const steps: Answered[] = [];
  let [inside, outside] = [0, 0];
  for (let i = 0; i < order.length; i++) {
    const text = order[i]!;
    inside += inScope[text]!;
    outside += 1 - inScope[text]!;
    if (i + 1 < order.length && scores[order[i + 1]!] === scores[text]) continue;
    steps.push({ threshold: scores[text]!, inScope: inside, outOfScope: outside });
  }
  return steps;
};

/**
 * How well scores tell texts in scope from texts out of it, at no particular threshold. Where either kind is missing, all figures
 * are 0 and the curve is empty.
 * @param scores higher = surer that the text is in scope: [texts]
 * @param inScope 1 = in scope: [texts]
 * @param points of the ROC curve, about. @default 200
 */
export const outOfScopeDetection = (scores: Float64Array, inScope: Uint8Array, points = 200): OutOfScopeDetection => {
  sameLength('scores', scores, 'inScope', inScope);
  const inside = inScope.reduce((sum, x) => sum + x, 0);
  const outside = scores.length - inside;
  const counts = { inScope: inside, outOfScope: outside };
  if (inside === 0 || outside === 0) return { ...counts, auroc: 0, auprIn: 0, auprOut: 0, fpr95: 0, roc: [] };
  const order = fallingOrder(scores);
  const steps = answeredByThreshold(scores, inScope);
  let [area, before] = [0, { inScope: 0, outOfScope: 0 }];
  for (const step of steps) {
    // The trapezoid: of equal scores half count as in the right order.
    area += ((step.outOfScope - before.outOfScope) * (step.inScope + before.inScope)) / 2;
    before = step;
  }
  const roc = steps.map(({ threshold, ...answered }) => ({
    threshold,
    falsePositiveRate: answered.outOfScope / outside,
    truePositiveRate: answered.inScope / inside,
  }));
  const precisionOf = (sorted: Uint32Array, side: number): number =>
    averagePrecision(
      Float64Array.from(sorted, (text) => scores[text]!),
      (place) => Number(inScope[sorted[place]!] === side),
    );
  return {
    ...counts,
    auroc: area / (inside * outside),
    auprIn: precisionOf(order, 1),
    auprOut: precisionOf(order.slice().reverse(), 0),
    fpr95: roc.find(({ truePositiveRate }) => truePositiveRate >= 0.95 - 1e-12)?.falsePositiveRate ?? 1,
    roc: thin(roc, points),
  };
};
