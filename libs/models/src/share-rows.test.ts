import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { shareRows } from './share-rows.ts';

describe('texts that are computed together', () => {
  it('are all of them where lengths are alike, and those of like length where they are not', () => {
    expect(shareRows([10, 11, 10, 12])).toEqual([0, 1, 2, 3]);
    expect(shareRows([10, 200, 11, 12])).toEqual([0, 2, 3]);
    expect(shareRows([200, 10, 190, 11])).toEqual([0, 2]);
    expect(shareRows([3, ...Array.from({ length: 60 }, () => 40)])).toEqual([0]);
  });

  it('always hold the first, in order, and all that are between the shortest and the longest of them', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 300 }), { minLength: 1, maxLength: 80 }), (lengths) => {
        const chosen = shareRows(lengths);
        expect(chosen[0]).toBe(0);
        expect(chosen).toEqual([...chosen].sort((a, b) => a - b));
        const own = chosen.map((text) => lengths[text]!);
        const [shortest, longest] = [Math.min(...own), Math.max(...own)];
        const between = lengths.flatMap((length, i) => (length >= shortest && length <= longest ? [i] : []));
        expect(chosen).toEqual(between);
      }),
    );
  });
});
