import fc from 'fast-check';
import { expect, it } from 'vitest';
import { createFairQueue } from './fair-queue.ts';

interface Item {
  caller: number;
  order: number;
}

const items = (caller: number, count: number): Item[] =>
  Array.from({ length: count }, (_, order) => ({ caller, order }));

it('takes one of each caller in turn', () => {
  const queue = createFairQueue<Item>();
  queue.add(1, items(1, 4));
  queue.add(2, items(2, 2));
  let room = 5;
  expect(queue.take(() => room-- > 0).map(({ caller, order }) => `${caller}.${order}`)).toEqual(
    '1.0 2.0 1.1 2.1 1.2'.split(' '),
  );
  expect(queue.size).toBe(1);
});

it('gives an item that fits nowhere a batch of its own', () => {
  const queue = createFairQueue<Item>();
  queue.add(1, items(1, 2));
  expect(queue.take(() => false)).toHaveLength(1);
});

it('loses nothing, doubles nothing and keeps the order of each caller, whatever is put back', () => {
  const adds = fc.array(fc.tuple(fc.integer({ min: 0, max: 4 }), fc.integer({ min: 0, max: 6 })), { maxLength: 12 });
  const steps = fc.array(fc.tuple(fc.integer({ min: 0, max: 5 }), fc.integer({ min: 0, max: 5 })), { maxLength: 12 });
  fc.assert(
    fc.property(adds, steps, (added, taken) => {
      const queue = createFairQueue<Item>();
      const expected = new Map<number, Item[]>();
      for (const [caller, count] of added) {
        const fresh = items(caller, count);
        queue.add(caller, fresh);
        expected.set(caller, [...(expected.get(caller) ?? []), ...fresh]);
      }
      const out: Item[] = [];
      const takeSome = (count: number): Item[] => queue.take(() => count-- > 0);
      for (const [count, kept] of taken) {
        const batch = takeSome(count);
        out.push(...batch.slice(0, kept));
        queue.putBack(batch.slice(kept));
      }
      while (queue.size > 0) out.push(...takeSome(3));
      for (const [caller, all] of expected) expect(out.filter((item) => item.caller === caller)).toEqual(all);
    }),
  );
});

it('forgets a caller who has gone', () => {
  const queue = createFairQueue<Item>();
  queue.add(1, items(1, 3));
  queue.add(2, items(2, 1));
  queue.drop(1);
  expect(queue.take(() => true)).toEqual([{ caller: 2, order: 0 }]);
});
