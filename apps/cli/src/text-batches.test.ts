import { PassThrough } from 'node:stream';
import { setTimeout } from 'node:timers/promises';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { inBatches, slices } from './text-batches.ts';

const collect = async <T>(source: AsyncIterable<T>): Promise<T[]> => {
  const all: T[] = [];
  for await (const value of source) all.push(value);
  return all;
};

async function* yielding<T>(values: readonly T[]): AsyncGenerator<T> {
  for (const value of values) {
    await Promise.resolve();
    yield value;
  }
}

describe('inBatches', () => {
  it('keeps every value, in order, in batches of at most the size', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.integer()), fc.integer({ min: 1, max: 7 }), async (values, size) => {
        const batches = await collect(inBatches(yielding(values), size));
        expect(batches.flat()).toEqual(values);
        for (const batch of batches) {
          expect(batch.length).toBeGreaterThan(0);
          expect(batch.length).toBeLessThanOrEqual(size);
        }
      }),
    );
  });

  it('hands on what has come while the source waits', async () => {
    const source = new PassThrough({ objectMode: true });
    const batches = inBatches<string>(source);
    source.write('one');
    await setTimeout(1);
    expect((await batches.next()).value).toEqual(['one']);
    source.write('two');
    source.end('three');
    expect((await collect(batches)).flat()).toEqual(['two', 'three']);
  });

  it('passes on an error of the source', async () => {
    const source = new PassThrough({ objectMode: true });
    source.destroy(new Error('cut off'));
    await expect(collect(inBatches(source))).rejects.toThrow('cut off');
  });
});

it('slices cuts a list without loss', () => {
  expect([...slices([1, 2, 3, 4, 5], 2)]).toEqual([[1, 2], [3, 4], [5]]);
});
