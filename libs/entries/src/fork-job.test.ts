import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { forkJob } from './index.ts';

/** A job that does as it is told: the process of a real one, without what it computes. */
const source = `
import { TaxonError } from '@taxon/errors';
import { serveJob } from './serve-job.ts';
const never = () => new Promise(() => setInterval(() => {}, 1000));
serveJob(async ({ act }, { signal, onEvent }) => {
  onEvent({ began: act, pid: process.pid });
  if (act === 'fail') throw new TaxonError({ code: 'invalid_input', message: 'a.csv:3: empty', violations: [{ field: 'a.csv:3', description: 'empty' }] });
  if (act === 'crash') { console.error('out of luck'); process.exit(3); }
  if (act === 'obey') await new Promise((_, reject) => signal.addEventListener('abort', () => reject(new TaxonError({ code: 'cancelled', message: 'stopped at step 3' }))));
  if (act === 'ignore') await never();
  if (act === 'hang') for (;;);
  return { act, pid: process.pid };
});`;

describe('a job in a process of its own', () => {
  let folder = '';
  let entry: URL;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'taxon-fork-'));
    const outfile = join(folder, 'job.mjs');
    const stdin = { contents: source, resolveDir: import.meta.dirname, loader: 'ts' } as const;
    await build({ stdin, bundle: true, platform: 'node', format: 'esm', outfile });
    entry = pathToFileURL(outfile);
  });
  afterAll(() => rm(folder, { recursive: true }));

  type Event = { began: string; pid: number };
  type Result = { act: string; pid: number };
  const fork = (act: string, options: Parameters<typeof forkJob<Event, Result>>[2] = {}) =>
    forkJob<Event, Result>(entry, { act }, options);

  it('sends its events and its result', async () => {
    const events: Event[] = [];
    const { act, pid } = await fork('work', { onEvent: (event) => events.push(event) });
    expect(events).toEqual([{ began: 'work', pid }]);
    expect(act).toBe('work');
    expect(pid).not.toBe(process.pid);
  });

  it('fails with its own error, violations included', async () => {
    await expect(fork('fail')).rejects.toMatchObject({
      code: 'invalid_input',
      message: 'a.csv:3: empty',
      violations: [{ field: 'a.csv:3', description: 'empty' }],
    });
  });

  it('is internal when it dies, with how it died and its last words', async () => {
    await expect(fork('crash', { name: 'training' })).rejects.toMatchObject({
      code: 'internal',
      message: 'the training process ended with code 3. out of luck',
    });
    await expect(
      fork('hang', { onEvent: ({ pid }) => process.kill(pid, 'SIGKILL'), killedHint: 'less, please' }),
    ).rejects.toMatchObject({
      code: 'internal',
      message: expect.stringContaining('by SIGKILL'),
      hint: 'less, please',
    });
  });

  const aborted = (act: string, patience?: { hear: number; stop: number }) => {
    const abort = new AbortController();
    return fork(act, { signal: abort.signal, patience, onEvent: () => abort.abort() });
  };

  it('stops when it is told to, and says where', async () => {
    await expect(aborted('obey', { hear: 60_000, stop: 60_000 })).rejects.toMatchObject({
      code: 'cancelled',
      message: 'stopped at step 3',
    });
    const before = new AbortController();
    before.abort();
    await expect(fork('work', { signal: before.signal })).rejects.toMatchObject({ code: 'cancelled' });
  });

  it('is killed when it does not hear, or hears and does not end', async () => {
    const killed = { code: 'cancelled', message: expect.stringContaining('by SIGKILL while it was to stop') };
    await expect(aborted('hang', { hear: 50, stop: 600_000 })).rejects.toMatchObject(killed);
    // Started, it hears at once; so it is the second limit that ends it.
    await expect(aborted('ignore', { hear: 600_000, stop: 50 })).rejects.toMatchObject(killed);
  });
});
