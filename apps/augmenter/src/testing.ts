import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { AugmentationSummary, Row } from '@taxon/augmentation';
import { streamThroughWorker } from '@taxon/entries';
import { TaxonError } from '@taxon/errors';
import { build } from 'esbuild';
import type { AugmentationEngine, FileRequest, FileRun, Made } from './engine.ts';

// An engine that repeats texts: what a method makes is its own tests' business, what is carried is this service's.

/** What was made of so many rows. */
export const summaryOf = (rows: number): AugmentationSummary => {
  const texts = { texts: rows, distinct1: 0.5, distinct2: 0.75 };
  return {
    ...{ rows, parents: rows, wanted: 2 * rows, kept: 2 * rows, seconds: 1.5 },
    methods: [
      {
        ...{ name: 'repeat', kept: 2 * rows, dropped: { none: 0, repeat: 1, drift: 0, label: 0 } },
        examples: { kept: [], dropped: [{ parent: '1', from: 'a', to: 'a', labels: [['x']], reason: 'repeat' }] },
      },
    ],
    labels: [{ label: 'x', rows, made: 2 * rows }],
    diversity: { rows: texts, made: texts, both: texts },
    notes: [{ level: 'warning', message: 'said again' }],
  };
};

/** In a real thread: each text twice, and of `hang` no end. */
const source = `
import { serveStream } from './serve-stream.ts';
serveStream(async function* ({ options, summary }, batches) {
  const [{ name: method }] = options.methods;
  let rows = 0;
  for await (const batch of batches) {
    if (method === 'hang') for (;;);
    rows += batch.length;
    yield { rows: batch.flatMap(({ id, ...row }) => [row, row].map((each) => ({ ...each, origin: { method, parent: id } }))) };
  }
  yield { summary: { ...summary, rows } };
});`;

export const openTestEngine = async () => {
  const folder = await mkdtemp(join(tmpdir(), 'taxon-engine-'));
  const outfile = join(folder, 'stream.mjs');
  const resolveDir = join(import.meta.dirname, '../../../libs/entries/src');
  const stdin = { contents: source, loader: 'ts', resolveDir } as const;
  await build({ stdin, bundle: true, platform: 'node', format: 'esm', outfile });
  const entry = pathToFileURL(outfile);
  const running: {
    request: FileRequest;
    options: FileRun;
    finish: (summary: AugmentationSummary) => void;
    fail: (error: Error) => void;
  }[] = [];
  const engine: AugmentationEngine = {
    methods: [
      { name: 'hang', description: 'never ends', streamed: true },
      { name: 'read', description: 'reads', streamed: true, paths: { words: 'file', models: 'model' } },
      { name: 'repeat', description: 'says it again', streamed: true },
      { name: 'translate', description: 'there and back', streamed: false },
    ],
    checkMethods: () => undefined,
    stream: (request, batches, { signal }) =>
      streamThroughWorker<Row[], Made>(entry, { ...request, summary: summaryOf(0) }, batches, {
        ...{ signal, name: 'augmentation', maxHeapMegabytes: 128 },
      }),
    slices: () => {
      throw new Error('no slices here');
    },
    run: (request, options) =>
      new Promise((resolve, reject) => {
        options.signal.addEventListener('abort', () =>
          reject(new TaxonError({ code: 'cancelled', message: 'interrupted' })),
        );
        running.push({ request, options, finish: resolve, fail: reject });
      }),
    canResume: () => true,
  };
  return { engine, running, close: () => rm(folder, { recursive: true }) };
};
