import { normalQuantile } from '@taxon/evaluation';
import { binomialUpperTail } from './binomial.ts';

export interface Bounds {
  lower: number;
  upper: number;
}

/**
 * Where a share may well lie, seen `right` times in n (Wilson 1927): its coverage is close to `level` also for few texts and
 * shares near 0 and 1. 0..1 where n is 0.
 * @param level two-sided
 */
export const wilsonInterval = (right: number, n: number, level = 0.95): Bounds => {
  if (n === 0) return { lower: 0, upper: 1 };
  const z = normalQuantile((1 + level) / 2);
  const [share, spread] = [right / n, z ** 2 / n];
  const middle = share + spread / 2;
  const half = z * Math.sqrt((share * (1 - share)) / n + spread / (4 * n));
  return { lower: Math.max(0, (middle - half) / (1 + spread)), upper: Math.min(1, (middle + half) / (1 + spread)) };
};

/** The least share that seeing `right` of n does not speak against (Clopper and Pearson 1934): wrong with chance `alpha` at most. */
export const exactLowerBound = (right: number, n: number, alpha: number): number => {
  if (right === 0) return 0;
  let [low, high] = [0, right / n];
  for (let round = 0; round < 50; round++) {
    const middle = (low + high) / 2;
    if (binomialUpperTail(right, n, middle) < alpha) low = middle;
    else high = middle;
  }
  return low;
};
