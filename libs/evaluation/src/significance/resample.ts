import type { Random } from '../random.ts';

/** Draws n texts with replacement: how often each was drawn. */
export const drawWeights = (weights: Uint32Array, random: Random): void => {
  const n = weights.length;
  weights.fill(0);
  // The high bits of a 32-bit number, scaled: the bias is n / 2³².
  for (let i = 0; i < n; i++) weights[Math.floor((random() / 2 ** 32) * n)]! += 1;
};

/** Quantile of values in rising order, linear between neighbours; share within 0..1. */
export const quantile = (rising: Float64Array, share: number): number => {
  const place = Math.min(1, Math.max(0, share)) * (rising.length - 1);
  const [below, above] = [rising[Math.floor(place)]!, rising[Math.ceil(place)]!];
  return below + (above - below) * (place - Math.floor(place));
};

/** Options of everything that draws again, checked. @throws RangeError for values out of range */
export const checkResampling = (resamples: number, level: number): void => {
  if (!Number.isInteger(resamples) || resamples < 1)
    throw new RangeError(`resamples is ${resamples}; it is a whole number from 1 up`);
  if (!(level > 0 && level < 1)) throw new RangeError(`level is ${level}; it lies between 0 and 1, such as 0.95`);
};
