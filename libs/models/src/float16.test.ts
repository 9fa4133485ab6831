import fc from 'fast-check';
import { expect, it } from 'vitest';
import { fromFloat16, toFloat16 } from './float16.ts';

it('every float16 goes to fp32 and back unchanged', () => {
  const all = Uint16Array.from({ length: 65_536 }, (_, bits) => bits);
  const values = fromFloat16(all);
  const back = toFloat16(values);
  all.forEach((bits, i) => {
    if (Number.isNaN(values[i])) expect(back[i]! & 0x7c00).toBe(0x7c00);
    else if (back[i] !== bits) expect.fail(`${bits} became ${back[i]}`);
  });
});

it('numbers go to the nearest, ties to the even one', () => {
  const nearest = (x: number): number => fromFloat16(toFloat16(Float32Array.of(x)))[0]!;
  expect([1 + 2 ** -11, 1 + 3 * 2 ** -11, 2 ** -25, 3 * 2 ** -25].map(nearest)).toEqual([1, 1 + 2 ** -9, 0, 2 ** -23]);
  expect([65_519, 65_520, -1e9].map(nearest)).toEqual([65_504, Infinity, -Infinity]);
  fc.assert(
    fc.property(fc.float({ min: -60_000, max: 60_000, noNaN: true }), (x) => {
      const step = Math.max(2 ** -24, 2 ** (Math.floor(Math.log2(Math.abs(x) || 1)) - 10));
      expect(Math.abs(nearest(x) - x)).toBeLessThanOrEqual(step / 2);
    }),
  );
});
