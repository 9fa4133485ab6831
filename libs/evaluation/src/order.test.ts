import fc from 'fast-check';
import { expect, it } from 'vitest';
import { fallingOrder } from './order.ts';

const sorted = (scores: readonly number[]): number[] =>
  [...scores.keys()].sort((a, b) => scores[b]! - scores[a]! || a - b);

it('sorts as a comparison does, equal scores in their order', () => {
  const score = fc.oneof(fc.integer({ min: -3, max: 3 }), fc.float({ noNaN: true, noDefaultInfinity: true }));
  fc.assert(
    fc.property(fc.array(score), (scores) => {
      const plain = scores.map((x) => (x === 0 ? 0 : x)); // −0 and 0 are one score, and either may come first
      expect([...fallingOrder(Float32Array.from(plain))]).toEqual(sorted(plain));
      expect([...fallingOrder(Float64Array.from(plain))]).toEqual(sorted(plain));
    }),
  );
});

it('puts infinities at the ends and NaN last', () => {
  expect([...fallingOrder(Float32Array.of(NaN, -Infinity, 1, Infinity, -NaN))]).toEqual([3, 2, 1, 0, 4]);
});

it('sorts long arrays, where digits are counted instead', () => {
  const scores = Array.from({ length: 5000 }, (_, i) => Math.fround(Math.round(Math.sin(i * 7) * 900) / 8 || 0));
  expect([...fallingOrder(Float32Array.from(scores))]).toEqual(sorted(scores));
  const ends = Float32Array.from([...scores, NaN, -Infinity, Infinity]);
  const order = fallingOrder(ends);
  expect([order[0], order.at(-2), order.at(-1)]).toEqual([5002, 5001, 5000]);
});
