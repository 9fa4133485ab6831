import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { indexOfLargest, logSumExp, sigmoid, sigmoids, softmaxes, softplus } from './index.ts';

const logits = fc.array(fc.float({ min: -50, max: 50, noNaN: true }), { minLength: 1, maxLength: 8 });

describe('probabilities of logits', () => {
  it('are those of their definitions', () => {
    fc.assert(
      fc.property(logits, (values) => {
        const row = Float32Array.from(values);
        const sum = row.reduce((total, z) => total + Math.exp(z), 0);
        expect(logSumExp(row)).toBeCloseTo(Math.log(sum), 6);
        softmaxes(row, row.length).forEach((p, i) => expect(p).toBeCloseTo(Math.exp(row[i]!) / sum, 6));
        sigmoids(row).forEach((p, i) => expect(p).toBeCloseTo(1 / (1 + Math.exp(-row[i]!)), 6));
        expect(row[indexOfLargest(row)]).toBe(Math.max(...row));
      }),
    );
  });

  it('are numbers at logits of 10,000', () => {
    const row = Float32Array.of(1e4, -1e4);
    expect([...softmaxes(row, 2)]).toEqual([1, 0]);
    expect([sigmoid(1e4), sigmoid(-1e4), softplus(1e4), softplus(-1e4)]).toEqual([1, 0, 1e4, 0]);
    expect(logSumExp(row)).toBe(1e4);
  });

  it('take the first of equal ones, and 0 of none', () => {
    expect([indexOfLargest([1, 3, 3]), indexOfLargest([])]).toEqual([1, 0]);
  });
});
