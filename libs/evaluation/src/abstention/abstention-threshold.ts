import { ratio, sameLength } from '../shapes.ts';
import { answeredByThreshold } from './out-of-scope.ts';

/** What the threshold is chosen for. */
export type AbstentionTarget =
  | { maximize: 'outOfScopeF1' | 'inScopeF1' | 'macroF1' }
  /** The highest threshold at which at least this share of in-scope texts is answered, 0..1. */
  | { inScopeCoverage: number };

/** What a threshold does; texts with a lower score are not answered. All within 0..1. */
export interface AbstentionScores {
  threshold: number;
  /** Share of in-scope texts that are answered. */
  inScopeCoverage: number;
  /** Of the texts not answered, the share that is out of scope; of those out of scope, the share not answered. */
  outOfScopePrecision: number;
  outOfScopeRecall: number;
  outOfScopeF1: number;
  inScopePrecision: number;
  inScopeF1: number;
  /** Mean of both F1. */
  macroF1: number;
  /** Right answers: in scope and right, or out of scope and not answered; null where it is not known which are right. */
  accuracy: number | null;
  /** Right answers among all in-scope texts; null as above. */
  inScopeAccuracy: number | null;
}

/** Figures from the texts that are answered; `right` are those in scope among them with the right answer. */
const scoresOf = (
  threshold: number,
  answered: { inScope: number; outOfScope: number; right?: number },
  all: { inScope: number; outOfScope: number },
): AbstentionScores => {
  const kept = answered.inScope + answered.outOfScope;
  const [refusedOut, refusedIn] = [all.outOfScope - answered.outOfScope, all.inScope - answered.inScope];
  const outOfScopeF1 = ratio(2 * refusedOut, refusedOut + refusedIn + all.outOfScope);
  const inScopeF1 = ratio(2 * answered.inScope, kept + all.inScope);
  const { right } = answered;
  return {
    threshold,
    inScopeCoverage: ratio(answered.inScope, all.inScope),
    outOfScopePrecision: ratio(refusedOut, refusedOut + refusedIn),
    outOfScopeRecall: ratio(refusedOut, all.outOfScope),
    outOfScopeF1,
    inScopePrecision: ratio(answered.inScope, kept),
    inScopeF1,
    macroF1: (outOfScopeF1 + inScopeF1) / 2,
    accuracy: right === undefined ? null : ratio(right + refusedOut, all.inScope + all.outOfScope),
    inScopeAccuracy: right === undefined ? null : ratio(right, all.inScope),
  };
};

/**
 * What a threshold does to a part; texts with a lower score are not answered.
 * @param scores higher = surer that the text is in scope: [texts]
 * @param inScope 1 = in scope: [texts]
 * @param right 1 = the answer, if given, is right (0 out of scope): [texts]
 */
export const abstentionScores = (
  scores: Float64Array,
  inScope: Uint8Array,
  threshold: number,
  right?: Uint8Array,
): AbstentionScores => {
  sameLength('scores', scores, 'inScope', inScope);
  if (right !== undefined) sameLength('right', right, 'inScope', inScope);
  const all = { inScope: 0, outOfScope: 0 };
  const answered = { inScope: 0, outOfScope: 0, right: 0 };
  scores.forEach((score, text) => {
    const side = inScope[text] === 1 ? 'inScope' : 'outOfScope';
    all[side] += 1;
    if (score < threshold) return;
    answered[side] += 1;
    answered.right += inScope[text]! & (right?.[text] ?? 0);
  });
  return scoresOf(threshold, { ...answered, right: right === undefined ? undefined : answered.right }, all);
};

/**
 * Chooses on a validation part below which score a text is not answered: exact, over all distinct scores, the threshold halfway to
 * the next one. With no texts the threshold is −1e9 (all is answered), which is plain JSON where −∞ is not.
 * Parameters as `abstentionScores`.
 */
export const chooseAbstention = (
  scores: Float64Array,
  inScope: Uint8Array,
  target: AbstentionTarget = { maximize: 'macroF1' },
  right?: Uint8Array,
): AbstentionScores => {
  sameLength('scores', scores, 'inScope', inScope);
  const steps = answeredByThreshold(scores, inScope);
  const all = steps.at(-1) ?? { inScope: 0, outOfScope: 0 };
  const cuts = steps.map((step, i) => {
    const next = steps[i + 1]?.threshold;
    const middle = next === undefined ? step.threshold : (step.threshold + next) / 2;
    // Halfway between neighbouring doubles may round to the lower one.
    return scoresOf(middle === next ? step.threshold : middle, step, all);
  });
  const best =
    'inScopeCoverage' in target
      ? cuts.find(({ inScopeCoverage }) => inScopeCoverage >= target.inScopeCoverage)
      : cuts.reduce<AbstentionScores | undefined>(
          (one, other) => (one === undefined || other[target.maximize] > one[target.maximize] ? other : one),
          undefined,
        );
  return abstentionScores(scores, inScope, (best ?? cuts.at(-1))?.threshold ?? -1e9, right);
};
