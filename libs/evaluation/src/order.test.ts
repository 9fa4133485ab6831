import fc from 'fast-check';
import { expect, it } from 'vitest';
import { fallingOrder, sortFalling } from './order.ts';

const sorted = (scores: readonly number[]): number[] =>
  [...scores.keys()].sort((a, b) => scores[b]! - scores[a]! || a - b);

it('sorts as a comparison does, equal scores in their order', () => {
  const score = fc.oneof(
    fc.integer({ min: -3, max: 3 }),
    fc.constant(-0),
    fc.float({ noNaN: true, noDefaultInfinity: true }),
  );
  fc.assert(
    fc.property(fc.array(score), (scores) => {
      expect([...fallingOrder(Float32Array.from(scores))]).toEqual(sorted(scores));
      expect([...fallingOrder(Float64Array.from(scores))]).toEqual(sorted(scores));
    }),
  );
});

it('puts infinities at the ends and NaN last', () => {
  expect([...fallingOrder(Float32Array.of(NaN, -Infinity, 1, Infinity, -NaN))]).toEqual([3, 2, 1, 0, 4]);
});

it('sorts long arrays, and takes along what belongs to each score', () => {
  const scores = Array.from({ length: 5000 }, (_, i) => Math.fround(Math.round(Math.sin(i * 7) * 900) / 8 || 0));
  const ends = Float32Array.from([...scores, NaN, -Infinity, Infinity]);
  const found = sortFalling(ends, Uint32Array.from(ends.keys()));
  expect([...found.payload]).toEqual([5002, ...sorted(scores), 5001, 5000]);
  expect(found.scores).toEqual(Float32Array.from(found.payload, (i) => ends[i]!));
});
