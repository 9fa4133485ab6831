import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { balancedEpoch, rarestLabels, type BalanceOptions } from './balance.ts';

const classes = fc
  .array(fc.integer({ min: 0, max: 5 }), { minLength: 1, maxLength: 60 })
  .map((of) => Int32Array.from(of));
const seeds = fc.integer({ min: 0, max: 1000 });
const strategies = ['none', 'oversample', 'undersample', 'square-root'] as const;

/** How often each class, and each text, is in an epoch. */
const countsOf = (
  epoch: Int32Array,
  classOf: Int32Array,
): { ofClass: Map<number, number>; ofText: Map<number, number> } => {
  const [ofClass, ofText] = [new Map<number, number>(), new Map<number, number>()];
  for (const text of epoch) {
    ofText.set(text, (ofText.get(text) ?? 0) + 1);
    ofClass.set(classOf[text]!, (ofClass.get(classOf[text]!) ?? 0) + 1);
  }
  return { ofClass, ofText };
};

const sizesOf = (classOf: Int32Array): Map<number, number> =>
  countsOf(
    Int32Array.from(classOf, (_, text) => text),
    classOf,
  ).ofClass;

describe('balancedEpoch', () => {
  it('has as many texts of a class as the strategy says', () => {
    fc.assert(
      fc.property(classes, seeds, fc.nat(9), (classOf, seed, epoch) => {
        const sizes = sizesOf(classOf);
        const [most, least] = [Math.max(...sizes.values()), Math.min(...sizes.values())];
        const count = (strategy: BalanceOptions['strategy']) =>
          countsOf(balancedEpoch(epoch, seed, classOf, { strategy }), classOf).ofClass;
        expect(count('none')).toEqual(sizes);
        expect(new Set(count('oversample').values())).toEqual(new Set([most]));
        expect(new Set(count('undersample').values())).toEqual(new Set([least]));
        const roots = [...sizes.values()].reduce((sum, size) => sum + Math.sqrt(size), 0);
        for (const [label, drawn] of count('square-root'))
          expect(Math.abs(drawn - (classOf.length * Math.sqrt(sizes.get(label)!)) / roots)).toBeLessThan(1);
      }),
    );
  });

  it('keeps every class within its bounds', () => {
    fc.assert(
      fc.property(
        classes,
        seeds,
        fc.constantFrom(...strategies),
        fc.integer({ min: 1, max: 8 }),
        fc.nat(4),
        (classOf, seed, strategy, least, more) => {
          const { ofClass } = countsOf(
            balancedEpoch(0, seed, classOf, { strategy, least, most: least + more }),
            classOf,
          );
          expect(ofClass.size).toBe(sizesOf(classOf).size);
          for (const drawn of ofClass.values()) {
            expect(drawn).toBeGreaterThanOrEqual(least);
            expect(drawn).toBeLessThanOrEqual(least + more);
          }
        },
      ),
    );
  });

  it('repeats the texts of a class as evenly as they go', () => {
    fc.assert(
      fc.property(classes, seeds, fc.constantFrom(...strategies), fc.nat(9), (classOf, seed, strategy, epoch) => {
        const { ofText } = countsOf(balancedEpoch(epoch, seed, classOf, { strategy, least: 3 }), classOf);
        for (const label of new Set(classOf)) {
          const times = [...classOf.keys()]
            .filter((text) => classOf[text] === label)
            .map((text) => ofText.get(text) ?? 0);
          expect(Math.max(...times) - Math.min(...times)).toBeLessThanOrEqual(1);
        }
      }),
    );
  });

  it('shows every text of an undersampled class within as many epochs as its parts', () => {
    fc.assert(
      fc.property(classes, seeds, fc.nat(3), (classOf, seed, round) => {
        const sizes = [...sizesOf(classOf).values()];
        for (const [label, size] of sizesOf(classOf)) {
          const parts = Math.ceil(size / Math.min(...sizes));
          const seen = new Set<number>();
          for (let epoch = round * parts; epoch < (round + 1) * parts; epoch++)
            balancedEpoch(epoch, seed, classOf, { strategy: 'undersample' }).forEach((text) => seen.add(text));
          expect([...seen].filter((text) => classOf[text] === label).length).toBe(size);
        }
      }),
      { numRuns: 40 },
    );
  });

  it('is the same for the same seed and epoch, and another subset in another of either', () => {
    const classOf = Int32Array.from({ length: 400 }, (_, text) => (text < 20 ? 0 : 1));
    const draw = (epoch: number, seed: number): string =>
      balancedEpoch(epoch, seed, classOf, { strategy: 'undersample' }).join();
    const drawn = Array.from({ length: 60 }, (_, epoch) => draw(epoch, 1));
    expect(Array.from({ length: 60 }, (_, epoch) => draw(epoch, 1))).toEqual(drawn);
    expect(new Set(drawn).size).toBe(60);
    expect(drawn).not.toContain(draw(0, 2));
  });

  it('balances fine classes within each coarse class', () => {
    // Coarse class 0 has fine classes of 2 and 6 texts, coarse class 1 of 10 and 3.
    const classOf = Int32Array.from([2, 6, 10, 3].flatMap((size, label) => Array.from({ length: size }, () => label)));
    const options = { coarseOf: [0, 0, 1, 1] };
    const count = (strategy: BalanceOptions['strategy']) =>
      Object.fromEntries(countsOf(balancedEpoch(0, 1, classOf, { strategy, ...options }), classOf).ofClass);
    expect(count('undersample')).toEqual({ 0: 2, 1: 2, 2: 3, 3: 3 });
    expect(count('oversample')).toEqual({ 0: 6, 1: 6, 2: 10, 3: 10 });
  });

  it('takes a text with several labels by the rarest of them', () => {
    const labels = [[0], [0], [0, 1], [0, 2], [1], [], [2, 1]];
    // Four texts have label 0, three label 1, two label 2.
    expect([...rarestLabels(labels)]).toEqual([0, 0, 1, 2, 1, -1, 2]);
    const epoch = balancedEpoch(0, 1, labels, { strategy: 'oversample' });
    expect(epoch.filter((text) => text === 5).length).toBe(2); // the only text without a label is a class of its own
    expect(epoch.length).toBe(8);
  });

  it('an epoch of no texts is empty', () => {
    expect(balancedEpoch(0, 1, new Int32Array(), { strategy: 'oversample' }).length).toBe(0);
  });
});
