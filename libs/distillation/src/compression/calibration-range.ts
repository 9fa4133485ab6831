import type { FixedRange } from '@taxon/compute';
import type { CompressionOptions } from './options.ts';

/** Bins of a histogram. ONNX Runtime's own calibration takes 2,048 for entropy, too. */
const bins = 2048;

/** What is seen of a matrix's inputs: their range first, then how they are spread over it. */
export interface Spread {
  min: number;
  max: number;
  counts: Float64Array;
}

export const emptySpread = (): Spread => ({ min: 0, max: 0, counts: new Float64Array(bins) });

/** Widens the range; it always holds 0, which padding and a rectifier give. */
export const widen = (spread: Spread, values: Float32Array): void => {
  for (const value of values) {
    if (value < spread.min) spread.min = value;
    if (value > spread.max) spread.max = value;
  }
};

export const count = ({ min, max, counts }: Spread, values: Float32Array): void => {
  const scale = bins / (max - min || 1);
  for (const value of values) counts[Math.min(bins - 1, Math.floor((value - min) * scale))]! += 1;
};

type Interval = [low: number, high: number];

/** The interval that leaves out the same share at either end. */
const percentileInterval = ({ min, max, counts }: Spread, percentile: number): Interval => {
  const total = counts.reduce((a, b) => a + b, 0);
  const left = (total * (1 - percentile / 100)) / 2;
  const width = (max - min) / bins;
  let [low, high] = [0, bins - 1];
  for (let sum = counts[0]!; low < bins - 1 && sum <= left; sum += counts[low]!) low++;
  for (let sum = counts[bins - 1]!; high > 0 && sum <= left; sum += counts[high]!) high--;
  return [min + low * width, min + (high + 1) * width];
};

/** What rounding to this many levels leaves of a histogram's shape. */
const levels = 128;

/** Kullback–Leibler divergence of p from its rounding to `levels` steps, what was cut off being added to the last bin. */
const divergence = (p: Float64Array, cut: number): number => {
  const size = p.length;
  const total = p.reduce((a, b) => a + b, cut);
  const step = size / levels;
  let sum = 0;
  for (let level = 0; level < levels; level++) {
    const [from, to] = [Math.floor(level * step), Math.floor((level + 1) * step)];
    let [mass, filled] = [0, 0];
    for (let i = from; i < to; i++) {
      mass += p[i]!;
      filled += Number(p[i]! > 0);
    }
    for (let i = from; i < to; i++) {
      const own = p[i]! + (i === size - 1 ? cut : 0);
      if (own === 0) continue;
      const q = filled > 0 ? mass / filled : 0;
      sum += (own / total) * Math.log(own / Math.max(q, 1e-9));
    }
  }
  return sum;
};

/** The cut ±t whose rounding loses the least information (Migacz 2017, as TensorRT does), within the range seen. */
const entropyInterval = ({ min, max, counts }: Spread): Interval => {
  const reach = Math.max(-min, max);
  const magnitudes = new Float64Array(bins);
  const width = (max - min) / bins;
  counts.forEach((n, i) => {
    const middle = Math.abs(min + (i + 0.5) * width);
    magnitudes[Math.min(bins - 1, Math.floor((middle / reach) * bins))]! += n;
  });
  let [best, at] = [Infinity, bins];
  for (let size = levels; size <= bins; size += levels / 8) {
    const cut = magnitudes.subarray(size).reduce((a, b) => a + b, 0);
    const found = divergence(magnitudes.subarray(0, size), cut);
    if (found < best) [best, at] = [found, size];
  }
  const threshold = (reach * at) / bins;
  return [Math.max(min, -threshold), Math.min(max, threshold)];
};

/** Scale and zero point of unsigned bytes over an interval that holds 0. */
const asRange = ([low, high]: Interval): FixedRange => {
  const [from, to] = [Math.min(low, 0), Math.max(high, 0)];
  const scale = Math.fround((to - from || 1) / 255);
  return { scale, zero: Math.min(255, Math.max(0, Math.round(-from / scale))) };
};

/** The range that a matrix's inputs get. */
export const calibratedRange = (
  spread: Spread,
  { method, percentile }: Pick<CompressionOptions['calibration'], 'method' | 'percentile'>,
): FixedRange => {
  if (method === 'min-max') return asRange([spread.min, spread.max]);
  return asRange(method === 'entropy' ? entropyInterval(spread) : percentileInterval(spread, percentile));
};
