import { TaxonError } from '@taxon/errors';
import { describe, expect, it } from 'vitest';
import { gatherRows } from './gather-rows.ts';

const collect = async <T>(batches: AsyncIterable<T[]>): Promise<T[][]> => {
  const all: T[][] = [];
  for await (const batch of batches) all.push(batch);
  return all;
};

/** A promise and what resolves it. */
const gate = () => {
  let open: () => void = () => undefined;
  const opened = new Promise<void>((resolve) => (open = resolve));
  return { open, opened };
};

describe('batches of what comes', () => {
  it('are full while there is more, the last one as large as it is', async () => {
    async function* items() {
      for (let i = 0; i < 600; i++) yield i;
      await Promise.resolve();
    }
    const batches = await collect(gatherRows(items(), { most: 256 }));
    expect(batches.map(({ length }) => length)).toEqual([256, 256, 88]);
    expect(batches.flat()).toEqual(Array.from({ length: 600 }, (_, i) => i));
    expect(await collect(gatherRows(items(), { most: 600 }))).toHaveLength(1);
  });

  it('go out when the source waits for its reader', async () => {
    const taken = [gate(), gate()];
    async function* items() {
      yield* [1, 2, 3];
      await taken[0]!.opened;
      yield 4;
      await taken[1]!.opened;
    }
    const batches: number[][] = [];
    for await (const batch of gatherRows(items(), { most: 100, flushAfter: 5 })) {
      taken[batches.length]!.open();
      batches.push(batch);
    }
    expect(batches).toEqual([[1, 2, 3], [4]]);
  });

  it('end with the source’s error, after what came before it', async () => {
    const failed = gate();
    async function* items() {
      yield 1;
      await failed.opened;
      throw new TaxonError({ code: 'invalid_input', message: 'row 2' });
    }
    const batches = gatherRows(items(), { most: 100, flushAfter: 1 });
    expect((await batches.next()).value).toEqual([1]);
    failed.open();
    await expect(batches.next()).rejects.toThrow('row 2');
  });

  it('end when they are cancelled while they wait, and release the source where they can', async () => {
    let released = 0;
    async function* items() {
      try {
        yield 1;
        await gate().opened;
      } finally {
        released++;
      }
    }
    const stop = new AbortController();
    const batches = gatherRows(items(), { most: 100, flushAfter: 1, signal: stop.signal });
    await batches.next();
    const next = batches.next();
    stop.abort(new TaxonError({ code: 'cancelled', message: 'enough' }));
    await expect(next).rejects.toThrow('enough');
    expect(released).toBe(0); // it waits for ever
    for await (const batch of gatherRows(items(), { most: 1 })) if (batch.length === 1) break;
    expect(released).toBe(1);
  });
});
