import type { Random } from '@taxon/data';

/** 0 … n − 1 */
export const drawIndex = (random: Random, n: number): number => Math.floor(random() * n);

export const drawOne = <T>(random: Random, items: readonly T[]): T => items[drawIndex(random, items.length)]!;

/** How many of n are changed at this share: at least one, the fraction by chance. */
export const drawCount = (random: Random, n: number, share: number): number => {
  const wanted = n * share;
  const whole = Math.floor(wanted);
  return Math.min(n, Math.max(1, whole + (random() < wanted - whole ? 1 : 0)));
};

/** So many different indices below n, in the order drawn (a partial Fisher-Yates). */
export const drawIndices = (random: Random, n: number, count: number): number[] => {
  const indices = Array.from({ length: n }, (_, i) => i);
  const taken = Math.min(count, n);
  for (let i = 0; i < taken; i++) {
    const j = i + drawIndex(random, n - i);
    [indices[i], indices[j]] = [indices[j]!, indices[i]!];
  }
  return indices.slice(0, taken);
};

/** An index by weight; weights are positive. */
export const drawWeighted = (random: Random, weights: readonly number[]): number => {
  let left = random() * weights.reduce((sum, weight) => sum + weight, 0);
  for (let i = 0; i < weights.length - 1; i++) {
    left -= weights[i]!;
    if (left < 0) return i;
  }
  return weights.length - 1;
};
