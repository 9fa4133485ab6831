import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { TaxonError } from '@taxon/errors';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { streamThroughWorker } from './index.ts';

const source = `
import { TaxonError } from '@taxon/errors';
import { serveStream } from './serve-stream.ts';
serveStream(async function* ({ act }, items) {
  let taken = 0;
  if (act === 'endless') for (;;) yield { made: ++taken };
  for await (const item of items) {
    taken++;
    if (act === 'fail' && taken === 3) throw new TaxonError({ code: 'invalid_input', message: 'row 3 is bad' });
    if (act === 'exit') process.exit(3);
    if (act === 'grow') { const all = []; for (;;) all.push(new Array(100_000).fill(taken++)); }
    if (act === 'hang') for (;;);
    yield { item, taken };
  }
  yield { summary: taken };
});`;

describe('a stream through a worker thread', () => {
  let folder = '';
  let entry: URL;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'taxon-stream-'));
    const outfile = join(folder, 'stream.mjs');
    const stdin = { contents: source, resolveDir: import.meta.dirname, loader: 'ts' } as const;
    await build({ stdin, bundle: true, platform: 'node', format: 'esm', outfile });
    entry = pathToFileURL(outfile);
  });
  afterAll(() => rm(folder, { recursive: true }));

  const never = new AbortController().signal;
  type Out = { item?: number; taken?: number; summary?: number; made?: number };
  const through = (act: string, items: AsyncIterable<number>, signal: AbortSignal = never) =>
    streamThroughWorker<number, Out>(entry, { act }, items, { signal, name: 'test', maxHeapMegabytes: 64 });
  /** Numbers up to `end`, counting how many were asked for. */
  const numbers = (end: number) => {
    const source = { asked: 0, items: count() };
    async function* count() {
      for (let i = 0; i < end; i++) {
        source.asked = i + 1;
        yield i;
        await setImmediate();
      }
    }
    return source;
  };
  const all = async (stream: AsyncIterable<Out>) => {
    const items: Out[] = [];
    for await (const item of stream) items.push(item);
    return items;
  };

  it('carries every item in order, and what comes after the last', async () => {
    const items = await all(through('echo', numbers(1000).items));
    expect(items).toHaveLength(1001);
    expect(items.slice(0, 2)).toEqual([
      { item: 0, taken: 1 },
      { item: 1, taken: 2 },
    ]);
    expect(items.at(-1)).toEqual({ summary: 1000 });
  });

  it('is never more than a few items ahead of a slow reader', async () => {
    const source = numbers(10_000);
    const stream = through('echo', source.items);
    for (let read = 1; read <= 50; read++) {
      await stream.next();
      for (let turn = 0; turn < 20; turn++) await setImmediate();
      // Four under way each way, one item in the hands of each side.
      expect(source.asked - read).toBeLessThanOrEqual(11);
    }
    await stream.return(undefined);
    const endless = through('endless', numbers(0).items);
    for (let read = 0; read < 50; read++) await endless.next();
    await endless.return(undefined);
  });

  it('fails with the error of the thread, of its source, or of its end', async () => {
    await expect(all(through('fail', numbers(10).items))).rejects.toMatchObject({
      code: 'invalid_input',
      message: 'row 3 is bad',
    });
    async function* broken() {
      yield 1;
      await setImmediate();
      throw new TaxonError({ code: 'cancelled', message: 'the caller has gone' });
    }
    await expect(all(through('echo', broken()))).rejects.toMatchObject({ message: 'the caller has gone' });
    await expect(all(through('exit', numbers(3).items))).rejects.toMatchObject({
      code: 'internal',
      message: 'the test thread ended before its work did',
    });
    await expect(all(through('grow', numbers(3).items))).rejects.toMatchObject({
      code: 'resource_exhausted',
      message: 'the test thread needs more than 64 MiB of memory',
    });
  });

  it('ends at once when it is aborted, even where the thread never looks up', async () => {
    const abort = new AbortController();
    const stream = all(through('hang', numbers(3).items, abort.signal));
    setTimeout(() => abort.abort(new TaxonError({ code: 'cancelled', message: 'enough' })), 100);
    await expect(stream).rejects.toMatchObject({ code: 'cancelled', message: 'enough' });
    await expect(all(through('echo', numbers(3).items, abort.signal))).rejects.toMatchObject({ message: 'enough' });
  });
});
