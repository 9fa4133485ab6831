import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { mapOrdered } from './map-ordered.ts';

const collect = async <T>(items: AsyncIterable<T>): Promise<T[]> => {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
};

async function* each<T>(items: Iterable<T>) {
  for (const item of items) {
    await new Promise(setImmediate);
    yield item;
  }
}

describe('mapOrdered', () => {
  it('answers in order, with no more under way than allowed, however long each takes', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(5)), fc.integer({ min: 1, max: 4 }), async (delays, atOnce) => {
        let underway = 0;
        let most = 0;
        const work = async ([index, delay]: [number, number]) => {
          most = Math.max(most, ++underway);
          for (let turn = 0; turn < delay; turn++) await new Promise(setImmediate);
          underway--;
          return index;
        };
        const answers = await collect(mapOrdered(each(delays.entries()), atOnce, work));
        expect(answers).toEqual([...delays.keys()]);
        expect(most).toBeLessThanOrEqual(atOnce);
      }),
    );
  });

  it('answers before the items end', async () => {
    let give: (() => void) | undefined;
    async function* items() {
      yield 1;
      await new Promise<void>((resolve) => (give = resolve));
      yield 2;
    }
    const answers = mapOrdered(items(), 4, (item) => Promise.resolve(item * 10));
    expect((await answers.next()).value).toBe(10);
    give!();
    expect((await answers.next()).value).toBe(20);
    expect((await answers.next()).done).toBe(true);
  });

  it('fails with the first failure in order, of the work or of the items', async () => {
    const work = (item: number) => (item === 2 ? Promise.reject(new Error('two')) : Promise.resolve(item));
    await expect(collect(mapOrdered(each([1, 2, 3]), 2, work))).rejects.toThrow('two');

    async function* broken(): AsyncGenerator<number> {
      await Promise.resolve();
      throw new Error('gone');
    }
    await expect(collect(mapOrdered(broken(), 2, work))).rejects.toThrow('gone');
  });
});
