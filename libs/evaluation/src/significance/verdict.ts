import type { PairedFigure } from './compare-runs.ts';

/** Figures of which less is better. */
const errors = new Set(['hammingLoss']);

export type Verdict = 'better' | 'worse' | 'may be chance';

/** What run b is beside run a: other than by chance where the test and the interval both say so. */
export const verdictOf = (
  name: string,
  { difference, lower, upper, p }: Pick<PairedFigure, 'difference' | 'lower' | 'upper' | 'p'>,
  level: number,
): Verdict => {
  if (p >= 1 - level || (lower <= 0 && upper >= 0)) return 'may be chance';
  return difference > 0 === errors.has(name) ? 'worse' : 'better';
};
