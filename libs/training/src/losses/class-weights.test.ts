import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { classWeights, positiveWeights, type ClassWeighting } from './class-weights.ts';

const weightings: ClassWeighting[] = ['inverse', 'square-root', 'effective-number'];
const counts = fc.array(fc.integer({ min: 1, max: 5000 }), { minLength: 2, maxLength: 30 });

describe('classWeights', () => {
  it.each(weightings)('%s: the mean over texts is 1, and a rarer class never weighs less', (weighting) => {
    fc.assert(
      fc.property(counts, fc.constantFrom(0, 0.9, 0.999, 1), (drawn, beta) => {
        const weights = classWeights(drawn, weighting, { beta });
        const texts = drawn.reduce((sum, count) => sum + count, 0);
        expect(drawn.reduce((sum, count, i) => sum + count * weights[i]!, 0) / texts).toBeCloseTo(1, 4);
        drawn.forEach((a, i) =>
          drawn.forEach((b, j) => {
            if (a < b) expect(weights[i]!).toBeGreaterThanOrEqual(weights[j]! * (1 - 1e-6));
          }),
        );
      }),
    );
  });

  it('inverse weighs every class alike over all texts; the square root in between', () => {
    const [few, many] = classWeights([10, 90], 'inverse');
    expect((few! * 10) / (many! * 90)).toBeCloseTo(1, 5);
    const [rare, common] = classWeights([10, 90], 'square-root');
    expect(rare! / common!).toBeCloseTo(3, 5);
  });

  it('the effective number runs from no weights (β = 0) to inverse ones (β = 1)', () => {
    const ratio = (beta: number): number => {
      const [few, many] = classWeights([10, 90], 'effective-number', { beta });
      return few! / many!;
    };
    expect(ratio(0)).toBeCloseTo(1, 5);
    expect(ratio(0.99)).toBeCloseTo((1 - 0.99 ** 90) / (1 - 0.99 ** 10), 4);
    expect(ratio(1)).toBeCloseTo(9, 4);
  });

  it('a class without texts is weighted as one with a single text', () => {
    const weights = classWeights([0, 1, 50], 'inverse');
    expect(weights[0]).toBe(weights[1]);
    expect([...classWeights([0, 0], 'inverse')]).toEqual([1, 1]);
  });
});

describe('positiveWeights', () => {
  it('balances both sides of a label, up to the bound', () => {
    expect([...positiveWeights([10, 50, 0], 100)]).toEqual([9, 1, 100]);
    expect([...positiveWeights([10], 100, { most: 4 })]).toEqual([4]);
  });
});
