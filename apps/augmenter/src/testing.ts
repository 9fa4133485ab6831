import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { AugmentationOptions } from '@taxon/contracts';
import { streamThroughWorker } from '@taxon/entries';
import { invalidInput, nearestName, TaxonError } from '@taxon/errors';
import { build } from 'esbuild';
import type { AugmentationEngine, FileRequest, FileResult, NewRow, ParentRow, RunOptions, Summary } from './engine.ts';

// An engine that repeats texts: what a method makes is its own tests' business, what is carried is this service's.

/** In a real thread: each text twice, and of `hang` no end. */
const source = `
import { TaxonError } from '@taxon/errors';
import { serveStream } from './serve-stream.ts';
serveStream(async function* ({ methods: [method] }, batches) {
  let rows = 0;
  for await (const batch of batches) {
    if (method === 'hang') for (;;);
    rows += batch.length;
    yield { rows: batch.flatMap(({ id, ...row }) => [row, row].map((each) => ({ ...each, method, parent: id }))) };
  }
  const summary = { rows, kept: 2 * rows, dropped: { repeated: 1 }, keptByMethod: { [method]: 2 * rows }, distinctN: { 1: 0.5 } };
  yield { summary: { ...summary, examples: [{ text: 'a', parentText: 'a', method, reason: 'repeated' }] } };
});`;

export interface TestOptions {
  methods: string[];
  model?: string;
}

const known = ['repeat', 'hang', 'translate'];

const parse = (options: AugmentationOptions | undefined): TestOptions => {
  const methods = (options?.methods ?? []).map(({ name }) => name);
  const violations = methods.flatMap((name, i) => {
    if (known.includes(name)) return [];
    const near = nearestName(name, known);
    return [{ field: `methods[${i}].name`, description: near ? `unknown; did you mean '${near}'?` : 'unknown' }];
  });
  if (violations.length > 0) throw invalidInput(violations[0]!.description, undefined, violations);
  return { methods, model: options?.policy?.model };
};

export const openTestEngine = async () => {
  const folder = await mkdtemp(join(tmpdir(), 'taxon-engine-'));
  const outfile = join(folder, 'stream.mjs');
  const stdin = {
    ...{ contents: source, loader: 'ts' as const },
    resolveDir: join(import.meta.dirname, '../../../libs/entries/src'),
  };
  await build({ stdin, bundle: true, platform: 'node', format: 'esm', outfile });
  const entry = pathToFileURL(outfile);
  const running: {
    request: FileRequest<TestOptions>;
    options: RunOptions;
    finish: (result: FileResult) => void;
    fail: (error: Error) => void;
  }[] = [];
  const engine: AugmentationEngine<TestOptions> = {
    methods: () =>
      Promise.resolve([
        { name: 'repeat', description: 'says it again', languages: ['en'], streamed: true },
        { name: 'translate', description: 'there and back', languages: [], streamed: false, missing: 'no apertium' },
      ]),
    parse,
    revive: (kept) => kept as TestOptions,
    toMessage: ({ methods, model }) =>
      AugmentationOptions.fromPartial({ methods: methods.map((name) => ({ name })), policy: { model } }),
    withModels: ({ model, ...options }, absolute) => ({
      ...options,
      model: model && absolute(model, 'options.policy.model'),
    }),
    expectStreamed: ({ methods }) => {
      const field = `methods[${methods.indexOf('translate')}].name`;
      if (methods.includes('translate'))
        throw invalidInput('translate is not for a stream', undefined, [{ field, description: 'not for a stream' }]);
    },
    stream: (options, batches, { signal }) =>
      streamThroughWorker<ParentRow[], { rows: NewRow[] } | { summary: Summary }>(entry, options, batches, {
        ...{ signal, name: 'augmentation', maxHeapMegabytes: 128 },
      }),
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
