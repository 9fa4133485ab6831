import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { normalizeText, stratifiedSplit, type Example } from './index.ts';

const partNames = ['train', 'validation', 'test'] as const;

const classSizes = fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 1, maxLength: 8 });
const distinctExamples = (sizes: readonly number[]): Example[] =>
  sizes
    .flatMap((size, c) =>
      Array.from({ length: size }, (_, i) => ({ text: `c${c} t${i}`, labels: [[`l${c}`]], line: 0 })),
    )
    .map((example, i) => ({ ...example, line: i + 2 }));
const weights = fc.record({
  train: fc.double({ min: 0.05, max: 1, noNaN: true }),
  validation: fc.double({ min: 0, max: 1, noNaN: true }),
  test: fc.double({ min: 0, max: 1, noNaN: true }),
});

describe('stratifiedSplit', () => {
  it('partitions the examples, in their order', () => {
    fc.assert(
      fc.property(classSizes, weights, fc.integer(), (sizes, shares, seed) => {
        const examples = distinctExamples(sizes);
        const split = stratifiedSplit(examples, { ...shares, seed });
        const lines = partNames.flatMap((part) => split[part].map(({ line }) => line));
        expect(lines.toSorted((a, b) => a - b)).toEqual(examples.map(({ line }) => line));
        for (const part of partNames) expect(split[part]).toEqual(split[part].toSorted((a, b) => a.line - b.line));
      }),
    );
  });

  it('gives every part its share of every class within one example, and every class to train', () => {
    fc.assert(
      fc.property(classSizes, weights, fc.integer(), (sizes, shares, seed) => {
        const split = stratifiedSplit(distinctExamples(sizes), { ...shares, seed });
        const sum = shares.train + shares.validation + shares.test;
        sizes.forEach((size, c) => {
          for (const part of partNames) {
            const count = split[part].filter(({ labels }) => labels[0]![0] === `l${c}`).length;
            expect(Math.abs(count - (size * shares[part]) / sum)).toBeLessThanOrEqual(1 + 1e-6);
            if (shares[part] === 0) expect(count).toBe(0);
            if (part === 'train') expect(count).toBeGreaterThan(0);
          }
        });
      }),
    );
  });

  it('never lets copies of a text straddle parts', () => {
    const copies = fc.array(
      fc.record({
        text: fc.constantFrom('a', 'A ', 'ａ', 'b', 'B', 'c d', 'C  d', 'e'),
        labels: fc.tuple(fc.tuple(fc.constantFrom('x', 'y'))),
      }),
      { minLength: 1, maxLength: 60 },
    );
    fc.assert(
      fc.property(copies, fc.integer(), (rows, seed) => {
        const split = stratifiedSplit(
          rows.map((row, i) => ({ ...row, line: i })),
          { seed },
        );
        const places = new Map<string, Set<string>>();
        for (const part of partNames)
          for (const { text } of split[part]) {
            const key = normalizeText(text);
            places.set(key, (places.get(key) ?? new Set()).add(part));
          }
        for (const parts of places.values()) expect(parts.size).toBe(1);
        expect(partNames.reduce((n, part) => n + split[part].length, 0)).toBe(rows.length);
      }),
    );
  });

  it('is the same for the same seed, another for another, and does not move old classes when one is added', () => {
    const examples = distinctExamples([40, 40]);
    const lines = (split: { test: Example[] }) => split.test.map(({ text }) => text);
    expect(lines(stratifiedSplit(examples, { seed: 7 }))).toEqual(lines(stratifiedSplit(examples, { seed: 7 })));
    expect(lines(stratifiedSplit(examples, { seed: 7 }))).not.toEqual(lines(stratifiedSplit(examples, { seed: 8 })));
    const more = lines(stratifiedSplit(distinctExamples([40, 40, 40]), { seed: 7 }));
    expect(more.filter((text) => !text.startsWith('c2'))).toEqual(lines(stratifiedSplit(examples, { seed: 7 })));
    // Recorded: a change of the generator would silently change everybody's split.
    expect(lines(stratifiedSplit(distinctExamples([24]), { seed: 0 }))).toMatchInlineSnapshot(`
      [
        "c0 t7",
        "c0 t15",
        "c0 t18",
      ]
    `);
  });

  it('splits 70/15/15 by default and reports classes that are too small', () => {
    const split = stratifiedSplit(distinctExamples([100, 20, 3, 1]));
    expect(partNames.map((part) => split[part].length)).toEqual([70 + 14 + 2 + 1, 15 + 3 + 1, 15 + 3]);
    expect(split.notes.map(({ message }) => message)).toEqual([
      '1 class has too few examples for the validation part: "l3" (1)',
      '2 classes have too few examples for the test part: "l2" (3), "l3" (1)',
    ]);
  });

  it('refuses shares that are none', () => {
    const examples = distinctExamples([4]);
    expect(() => stratifiedSplit(examples, { train: 0 })).toThrow('split.train is 0');
    expect(() => stratifiedSplit(examples, { test: -0.1 })).toThrow('split.test is -0.1');
    expect(() => stratifiedSplit(examples, { validation: NaN })).toThrow('split.validation is NaN');
    expect(stratifiedSplit(examples, { validation: 0, test: 0 }).train).toHaveLength(4);
  });
});
