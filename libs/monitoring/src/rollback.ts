import { invalidInput } from '@taxon/errors';
import { binomialUpperTail, logGamma } from './binomial.ts';
import { exactLowerBound } from './intervals.ts';

/** What live feedback tells of a promoted version and the one before it. All counts grow from the promotion on, none is ever reset. */
export interface RollbackEvidence {
  /** Texts that both answered, one of them in the shadow, and one alone rightly. */
  paired?: { n: number; onlyPrevious: number; onlyPromoted: number };
  /** Judged answers of the promoted version that are not among the paired. */
  promoted?: { n: number; right: number };
  /** Judged answers of the version before, from before the promotion. */
  previous?: { n: number; right: number };
}

export interface RollbackOptions {
  /** Chance that a version which is as good as the one before is ever rolled back, however often it is looked at. @default 0.01 */
  alpha?: number;
  /** Accuracy that must have been lost, 0..1: a smaller loss is not worth a change. @default 0.01 */
  leastFall?: number;
  /** Judged answers of the promoted version before anything is done. @default 20 */
  leastN?: number;
}

export interface RollbackDecision {
  rollBack: boolean;
  /** For people, with the figures. */
  reason: string;
  /** Evidence that the promoted version is worse: `1 / alpha` of it rolls back. From 0 up. */
  evidence: number;
}

/**
 * ln of the evidence that failures come more often than with chance f₀: likelihood ratios over all chances above f₀ alike,
 * (1 / (1 − f₀)) ∫ (f / f₀)ˣ ((1 − f) / (1 − f₀))ⁿ⁻ˣ df. Where the chance is f₀ or less this is a supermartingale that begins at 1, so
 * it ever reaches 1 / α with chance α at most: a mixture sequential probability ratio test (Robbins 1970; Ville 1939), safe to
 * look at after every answer.
 */
export const logEvidenceAbove = (failures: number, n: number, f0: number): number => {
  const successes = n - failures;
  const beta = logGamma(failures + 1) + logGamma(successes + 1) - logGamma(n + 2);
  // The incomplete beta integral above f₀, as a binomial tail.
  const tail = 1 - binomialUpperTail(failures + 1, n + 1, f0);
  return beta + Math.log(tail) - failures * Math.log(f0) - successes * Math.log1p(-f0) - Math.log1p(-f0);
};

const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;

interface Side {
  logEvidence: number;
  fall: number;
  n: number;
  text: string;
}

/** Of the texts that one alone answers rightly, the previous version has half at most when it is not better. */
const ofPaired = ({ n, onlyPrevious, onlyPromoted }: NonNullable<RollbackEvidence['paired']>): Side => {
  const fall = n === 0 ? 0 : (onlyPrevious - onlyPromoted) / n;
  return {
    logEvidence: logEvidenceAbove(onlyPrevious, onlyPrevious + onlyPromoted, 0.5),
    fall,
    n,
    text: `of ${n} texts that both answered, ${onlyPrevious} were right before and ${onlyPromoted} are right now alone`,
  };
};

/**
 * What is known of the version before is a fixed sample: half of alpha pays for a lower bound of its accuracy, the other half for
 * looking at the promoted one again and again.
 */
const ofUnpaired = (
  promoted: NonNullable<RollbackEvidence['promoted']>,
  previous: NonNullable<RollbackEvidence['previous']>,
  alpha: number,
): Side => {
  const least = exactLowerBound(previous.right, previous.n, alpha / 2);
  const [was, is] = [previous.right / previous.n, promoted.n === 0 ? 0 : promoted.right / promoted.n];
  return {
    logEvidence: least <= 0 ? 0 : logEvidenceAbove(promoted.n - promoted.right, promoted.n, 1 - least),
    fall: was - is,
    n: promoted.n,
    text: `${percent(is)} of ${promoted.n} right now, ${percent(was)} of ${previous.n} before`,
  };
};

/**
 * Whether a promoted version is taken back: it does worse on live feedback than the one before, by a test that may be looked at after
 * every answer. Half of the evidence is that of paired texts, half that of both versions' answers at different times, which a change
 * of the traffic can mislead; what is not there counts as 1. The mean of both is again a supermartingale.
 * @throws TaxonError `invalid_input` naming the option that is out of range
 */
export const decideRollback = (evidence: RollbackEvidence, options: RollbackOptions = {}): RollbackDecision => {
  const { alpha = 0.01, leastFall = 0.01, leastN = 20 } = options;
  if (!(alpha > 0 && alpha < 0.5))
    throw invalidInput(`rollback alpha is ${alpha}; it lies between 0 and 0.5, such as 0.01`);
  const { paired, promoted, previous } = evidence;
  for (const [name, side] of Object.entries({ promoted, previous }))
    if (side !== undefined && !(side.right >= 0 && side.right <= side.n))
      throw invalidInput(`rollback evidence: ${name} has ${side.right} right of ${side.n}`);
  const sides = [
    ...(paired && paired.n > 0 ? [ofPaired(paired)] : []),
    ...(promoted && previous && previous.n > 0 && promoted.n > 0 ? [ofUnpaired(promoted, previous, alpha)] : []),
  ];
  const [first] = sides;
  if (first === undefined || sides.reduce((sum, { n }) => sum + n, 0) < leastN)
    return { rollBack: false, reason: 'too little feedback yet', evidence: 0 };
  const strongest = sides.reduce((best, side) => (side.logEvidence > best.logEvidence ? side : best), first);
  const sum = sides.reduce((total, { logEvidence }) => total + Math.exp(Math.min(logEvidence, 700)), 2 - sides.length);
  // Halved once for the mean, and once as half of alpha pays for the bound of the version before.
  const strength = sum / 4;
  const told = `${strongest.text}; evidence ${strength.toPrecision(3)}, ${(1 / alpha).toPrecision(3)} rolls back`;
  return { rollBack: strength >= 1 / alpha && strongest.fall >= leastFall, reason: told, evidence: strength };
};
