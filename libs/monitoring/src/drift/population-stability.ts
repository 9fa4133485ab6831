import { normalQuantile } from '@taxon/evaluation';

export interface Stability {
  /** Population stability index, from 0 up. */
  psi: number;
  /** What chance alone exceeds once in 1 / alpha windows. */
  chance: number;
}

const sum = (counts: readonly number[]): number => counts.reduce((total, count) => total + count, 0);

/** χ² with this share below it (Wilson and Hilferty 1931), within 1 % from 3 degrees of freedom on and above it below. */
const chiSquareQuantile = (share: number, freedom: number): number => {
  const part = 2 / (9 * freedom);
  return freedom * (1 - part + normalQuantile(share) * Math.sqrt(part)) ** 3;
};

/**
 * How far counts are from those of the reference: Σ (q − p) ln(q / p) over the bins, with half an answer added to every bin of
 * both (Jeffreys' prior), so that an empty bin is finite. Rules of thumb: below 0.1 nothing, above 0.2 a shift (Siddiqi, Credit
 * Risk Scorecards, 2006). With many bins or few answers chance alone exceeds them: of n and m answers that come from the same
 * source, PSI is about (1/n + 1/m) χ² with bins − 1 degrees of freedom (Yurdakul, Statistical Properties of Population
 * Stability Index, 2018), whose quantile is `chance`.
 * @param reference [bins] counts
 * @param window [bins] counts
 * @param answers that the counts are of, where one answer counts in several bins; @default the sums of the counts
 * @param alpha of `chance`
 */
export const populationStability = (
  reference: readonly number[],
  window: readonly number[],
  { answers, alpha = 0.001 }: { answers?: readonly [number, number]; alpha?: number } = {},
): Stability => {
  const used = reference.flatMap((count, bin) => (count > 0 || window[bin]! > 0 ? [bin] : []));
  const [n, m] = [sum(reference), sum(window)];
  if (used.length < 2 || n === 0 || m === 0) return { psi: 0, chance: 0 };
  const half = 0.5 * used.length;
  let psi = 0;
  for (const bin of used) {
    const p = (reference[bin]! + 0.5) / (n + half);
    const q = (window[bin]! + 0.5) / (m + half);
    psi += (q - p) * Math.log(q / p);
  }
  const [ofReference, ofWindow] = answers ?? [n, m];
  return { psi, chance: (1 / ofReference + 1 / ofWindow) * chiSquareQuantile(1 - alpha, used.length - 1) };
};
