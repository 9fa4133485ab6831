import { createRandom } from '@taxon/data';
import { describe, expect, it } from 'vitest';
import { hasDiverged, rangeTestRates, smoothLosses, suggestRate } from './learning-rate-finder.ts';

const rates = rangeTestRates(1e-6, 1, 120);

/** Falls from 5 to 1 around a rate of 1e-3, fastest there; explodes near 0.3. */
const lossAt = (rate: number): number => 1 + 4 / (1 + (rate / 1e-3) ** 1.5) + (rate / 0.3) ** 3;

const curve = (noise: number): { rate: number; loss: number }[] => {
  const random = createRandom(5);
  return rates.map((rate) => ({ rate, loss: lossAt(rate) + noise * (random() - 0.5) }));
};

describe('rangeTestRates', () => {
  it('grows by one factor from the first rate to the last', () => {
    expect(rates[0]).toBeCloseTo(1e-6, 12);
    expect(rates.at(-1)).toBeCloseTo(1, 9);
    const factors = rates.slice(1).map((rate, i) => rate / rates[i]!);
    expect(Math.max(...factors) / Math.min(...factors)).toBeCloseTo(1, 9);
  });
});

describe('suggestRate', () => {
  it.each([0, 0.8])('finds the steepest descent and a tenth of the lowest point (noise %d)', (noise) => {
    const { steepest, tenthOfLowest, rate } = suggestRate(curve(noise))!;
    expect(steepest).toBeGreaterThan(5e-4);
    expect(steepest).toBeLessThan(2e-3);
    expect(tenthOfLowest).toBeGreaterThan(1e-3);
    expect(tenthOfLowest).toBeLessThan(1e-2);
    expect(rate).toBe(Math.min(steepest, tenthOfLowest));
  });

  it('passes over losses that are no numbers', () => {
    const points = [...curve(0), { rate: 2, loss: NaN }, { rate: 3, loss: Infinity }];
    expect(suggestRate(points)).toEqual(suggestRate(curve(0)));
  });

  it('has nothing to say where the loss only rises, and of a single point', () => {
    expect(suggestRate(rates.map((rate) => ({ rate, loss: 1 + rate })))).toBeUndefined();
    expect(suggestRate([{ rate: 1, loss: 1 }])).toBeUndefined();
    expect(suggestRate([])).toBeUndefined();
  });
});

describe('smoothLosses', () => {
  it('keeps a straight line and takes most of a jitter away', () => {
    const line = Array.from({ length: 90 }, (_, i) => 3 - i / 90);
    smoothLosses(line)
      .slice(12, -12)
      .forEach((value, i) => expect(value).toBeCloseTo(line[i + 12]!, 6));
    const jitter = Array.from({ length: 90 }, (_, i) => (i % 2 === 0 ? 1 : -1));
    expect(Math.max(...smoothLosses(jitter).slice(12, -12).map(Math.abs))).toBeLessThan(0.01);
  });
});

describe('hasDiverged', () => {
  it('stops where the loss has left its lowest point far behind, not at a single bad batch', () => {
    const losses = rangeTestRates(1e-6, 10, 200).map(lossAt);
    const stops = losses.findIndex((_, i) => hasDiverged(losses.slice(0, i + 1)));
    expect(rangeTestRates(1e-6, 10, 200)[stops]).toBeGreaterThan(0.3);
    expect(stops).toBeGreaterThan(0);
    expect(hasDiverged([2, 2, 2, 2, 2, 2, 2, 2, 6])).toBe(false);
    expect(hasDiverged([2, 2, NaN])).toBe(true);
    expect(hasDiverged([])).toBe(false);
  });
});
