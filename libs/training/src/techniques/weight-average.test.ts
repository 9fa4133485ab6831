import type { Weights } from '@taxon/models';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createModelState, weightsOf } from '../model-state.ts';
import { tinyEncoder, tinyHead, tinyWeights } from '../testing.ts';
import { createAverage, exponential, uniform, type AverageRule } from './weight-average.ts';

/** Weights that are one number throughout. */
const filled = (value: number): Weights => ({
  words: new Float32Array(4).fill(value),
  positions: new Float32Array(2).fill(value),
  types: new Float32Array(2).fill(value),
  parameters: { 'b.weight': new Float32Array(3).fill(value), 'a.bias': new Float32Array(1).fill(value) },
});

const averageOf = (rule: AverageRule, values: readonly number[]): number => {
  const average = createAverage(filled(99), rule); // what it starts from must not matter
  for (const value of values) average.update(filled(value));
  const { words, positions, types, parameters } = average.weights;
  const all = new Set([words, positions, types, ...Object.values(parameters)].flatMap((array) => [...array]));
  expect(all.size).toBe(1);
  return [...all][0]!;
};

const series = fc.array(fc.integer({ min: -50, max: 50 }), { minLength: 1, maxLength: 20 });

describe('createAverage', () => {
  it('uniform is the mean: SWA, or a soup of checkpoints', () => {
    fc.assert(
      fc.property(series, (values) => {
        expect(averageOf(uniform, values)).toBeCloseTo(values.reduce((a, b) => a + b) / values.length, 3);
      }),
    );
  });

  it('exponential with bias correction is Σ dᵗ⁻ⁱ wᵢ / Σ dᵗ⁻ⁱ', () => {
    fc.assert(
      fc.property(series, fc.constantFrom(0.5, 0.9, 0.99), (values, decay) => {
        const shares = values.map((_, i) => decay ** (values.length - 1 - i));
        const mean = values.reduce((sum, value, i) => sum + value * shares[i]!, 0) / shares.reduce((a, b) => a + b);
        expect(averageOf(exponential(decay, 'bias'), values)).toBeCloseTo(mean, 3);
      }),
    );
  });

  it('with warm-up the first weights are forgotten sooner, and the decay is reached later', () => {
    const values = [100, ...Array.from({ length: 60 }, () => 0)];
    expect(averageOf(exponential(0.999, 'warm-up'), values)).toBeLessThan(
      averageOf(exponential(0.999, 'bias'), values) / 100,
    );
    expect(exponential(0.99)(10_000)).toBeCloseTo(0.01, 6);
  });

  it('averages away the noise of the last steps', () => {
    const noisy = Array.from({ length: 300 }, (_, i) => 7 + 3 * Math.sin(i * 12.9898));
    expect(Math.abs(averageOf(exponential(0.98), noisy) - 7)).toBeLessThan(0.2);
  });

  it('goes on after a restart as if it had not stopped', () => {
    const whole = createAverage(filled(0), exponential(0.9));
    const first = createAverage(filled(0), exponential(0.9));
    for (const value of [1, 5, 2]) for (const average of [whole, first]) average.update(filled(value));
    const resumed = createAverage(first.weights, exponential(0.9), first.count);
    for (const average of [whole, resumed]) average.update(filled(8));
    expect(resumed.weights).toEqual(whole.weights);
  });

  it('swaps with the weights of a state in place, and back to the bit', () => {
    const state = createModelState(tinyWeights(), tinyEncoder, tinyHead);
    const average = createAverage(weightsOf(state), uniform);
    average.update(tinyWeights(tinyHead, 2));
    const held = weightsOf(state).words;
    average.swap(weightsOf(state));
    expect(weightsOf(state)).toEqual(tinyWeights(tinyHead, 2));
    expect(weightsOf(state).words).toBe(held);
    average.swap(weightsOf(state));
    expect(weightsOf(state)).toEqual(tinyWeights());
  });
});
