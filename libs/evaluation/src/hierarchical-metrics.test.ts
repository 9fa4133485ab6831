import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hierarchicalMetrics, type HierarchyLevel } from './index.ts';

const parents = [0, 0, 1, 1, 1];
const level = (
  name: string,
  count: number,
  expected: number[],
  predicted: number[],
  up?: number[],
): HierarchyLevel => ({
  name,
  labels: Array.from({ length: count }, (_, i) => `${name} ${i}`),
  expected: Int32Array.from(expected),
  predicted: Int32Array.from(predicted),
  ...(up && { parents: up }),
});

describe('hierarchicalMetrics', () => {
  it('scores levels, paths and ancestors', () => {
    const metrics = hierarchicalMetrics([
      level('domain', 2, [0, 0, 1, 1], [0, 0, 1, 0]),
      level('intent', 5, [0, 1, 2, 3], [0, 0, 2, 1], parents),
    ]);
    expect(metrics.levels.map(({ name, metrics: { accuracy } }) => [name, accuracy])).toEqual([
      ['domain', 0.75],
      ['intent', 0.5],
    ]);
    expect(metrics.pathAccuracy).toBe(0.5);
    expect(metrics.accuracyGivenParents).toEqual([{ name: 'intent', n: 3, accuracy: 2 / 3 }]);
    expect(metrics.consistency).toBe(1);
    // Of 2 × 4 labels with ancestors, 5 are shared.
    expect(metrics.hierarchicalF1).toBe(5 / 8);
  });

  it('sees answers that contradict each other, and unseen labels', () => {
    const metrics = hierarchicalMetrics([
      level('domain', 2, [0, 1], [0, 1]),
      level('intent', 5, [2, -1], [2, 3], parents),
    ]);
    expect(metrics.consistency).toBe(0.5);
    // Text 1 implies domains 0 and 1 on both sides: 3 shared of 3 and 3; text 2 shares the domain alone: 1 of 2 and 2.
    expect(metrics).toMatchObject({ hierarchicalPrecision: 4 / 5, hierarchicalRecall: 4 / 5, pathAccuracy: 0.5 });
  });

  it('is one number for consistent full paths: the mean of the levels’ accuracies', () => {
    const fine = fc.integer({ min: 0, max: 4 });
    fc.assert(
      fc.property(fc.array(fc.tuple(fine, fine)), (pairs) => {
        const [expected, predicted] = [pairs.map(([e]) => e), pairs.map(([, p]) => p)];
        const up = (labels: number[]): number[] => labels.map((label) => parents[label]!);
        const metrics = hierarchicalMetrics([
          level('domain', 2, up(expected), up(predicted)),
          level('intent', 5, expected, predicted, parents),
        ]);
        const [coarse, accuracy] = metrics.levels.map((one) => one.metrics.accuracy);
        for (const figure of ['hierarchicalPrecision', 'hierarchicalRecall', 'hierarchicalF1'] as const)
          expect(metrics[figure]).toBeCloseTo((coarse! + accuracy!) / 2, 12);
        expect(metrics.pathAccuracy).toBe(accuracy);
      }),
    );
  });

  it('refuses levels that do not fit', () => {
    expect(() => hierarchicalMetrics([level('a', 2, [0], [0]), level('b', 5, [0], [0])])).toThrow('0 parents');
    expect(() => hierarchicalMetrics([level('a', 2, [0], [0, 1])])).toThrow('1 and 2 labels for 1 texts');
  });
});
