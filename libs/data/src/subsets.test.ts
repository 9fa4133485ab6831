import { describe, expect, it } from 'vitest';
import { fewShot, imbalancedCut, type Example } from './index.ts';

const rows = Array.from({ length: 1000 }, (_, line): Example => ({
  text: `t${line}`,
  labels: [[`l${line % 10}`]],
  line,
}));
const sizesOf = (examples: readonly Example[], task = 0): Map<string, number> => {
  const sizes = new Map<string, number>();
  for (const { labels } of examples)
    for (const label of labels[task] ?? []) sizes.set(label, (sizes.get(label) ?? 0) + 1);
  return sizes;
};
const lines = (examples: readonly Example[]): number[] => examples.map(({ line }) => line);

describe('fewShot', () => {
  it('takes so many of every class, seeded, in the order of the examples', () => {
    const five = fewShot(rows, 5, 1);
    expect([...sizesOf(five).values()]).toEqual(new Array(10).fill(5));
    expect(lines(five)).toEqual(lines(five).toSorted((a, b) => a - b));
    expect(fewShot(rows, 5, 1)).toEqual(five);
    expect(lines(fewShot(rows, 5, 2))).not.toEqual(lines(five));
    expect(lines(fewShot(rows, 10, 1))).toEqual(expect.arrayContaining(lines(five)));
  });

  it('takes all of a small class, at least that many of every label of multi-label texts, and any task', () => {
    const small: Example[] = [...rows.slice(0, 50), { text: 'x', labels: [['rare']], line: 1 }];
    expect(sizesOf(fewShot(small, 5, 0)).get('rare')).toBe(1);
    const multi = rows.map((row): Example => ({
      ...row,
      labels: [undefined, [`a${row.line % 7}`, `b${row.line % 3}`]],
    }));
    expect(fewShot(multi, 4, 0)).toEqual([]);
    const taken = fewShot(multi, 4, 0, 1);
    for (const n of sizesOf(taken, 1).values()) expect(n).toBeGreaterThanOrEqual(4);
    expect(taken.length).toBeLessThanOrEqual(40);
    expect(() => fewShot(rows, 0, 0)).toThrow('examples per class: 0');
  });
});

describe('imbalancedCut', () => {
  it('lets class sizes fall geometrically, which class is large depending on the seed', () => {
    const cut = imbalancedCut(rows, { from: 80, to: 5, seed: 3 });
    const sizes = [...sizesOf(cut).values()].sort((a, b) => b - a);
    expect(sizes).toEqual(Array.from({ length: 10 }, (_, rank) => Math.round(80 * (5 / 80) ** (rank / 9))));
    expect(imbalancedCut(rows, { from: 80, to: 5, seed: 3 })).toEqual(cut);
    expect(sizesOf(imbalancedCut(rows, { from: 80, to: 5, seed: 4 }))).not.toEqual(sizesOf(cut));
  });

  it('takes what there is of smaller classes and refuses sizes that are none', () => {
    expect([...sizesOf(imbalancedCut(rows, { from: 500, to: 400, seed: 0 })).values()]).toEqual(
      new Array(10).fill(100),
    );
    expect(imbalancedCut([], { from: 5, to: 1, seed: 0 })).toEqual([]);
    expect(() => imbalancedCut(rows, { from: 5, to: 80, seed: 0 })).toThrow('class sizes from 5 to 80');
    expect(() => imbalancedCut(rows, { from: 5, to: 0, seed: 0 })).toThrow('positive integers');
  });
});
