import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { predictKind } from '@taxon/app-inference/shared';
import { openEventBus } from '@taxon/events';
import type { Prediction, TextInput } from '@taxon/models';
import { workerOf, workGroup, workHandler } from '@taxon/work';
import { expect, it } from 'vitest';
import { predictVia } from './predict-via.ts';

it('a file that was answered by several versions says which answered each text, whichever life of the run asked', async () => {
  const root = await mkdtemp(join(tmpdir(), 'taxon-versions-'));
  const bus = await openEventBus({ folder: join(root, 'events') });
  // A model is promoted while the second unit is under way.
  const worker = workerOf(predictKind, ({ texts }) => {
    const version = Number(texts[0]) < 300 ? 3 : 4;
    const predictions = texts.map(() => ({ labels: [], answer: ['a'], tasks: [], tokens: 3, truncated: false }));
    return Promise.resolve({ version, predictions });
  });
  const subscription = bus.subscribe({
    group: workGroup('predict'),
    handlers: { 'taxon.work.requested': workHandler({ bus, workers: [worker], source: '/test' }) },
  });
  await subscription.ready;
  const output = join(root, 'answers.jsonl');
  const live = (signal: AbortSignal, onProgress: (done: number) => void) =>
    predictVia({
      ...{ bus, model: 'intents', digest: 'd', top: 1, output, onProgress, signal },
      inputs: Array.from({ length: 1000 }, (_, i) => String(i)),
      toLine: (input: TextInput, { answer }: Prediction, version) => JSON.stringify({ input, answer, version }),
    });
  const stopped = new AbortController();
  const first = live(stopped.signal, (done) => done >= 256 && stopped.abort(new Error('stopped')));
  await expect(first).rejects.toThrow('stopped');
  // 256 texts a unit: version 4 answers from the third one on.
  expect([...(await live(new AbortController().signal, () => undefined))].sort()).toEqual([
    [3, 512],
    [4, 488],
  ]);
  const lines = (await readFile(output, 'utf8')).trimEnd().split('\n');
  expect(lines).toEqual(
    Array.from({ length: 1000 }, (_, i) =>
      JSON.stringify({ input: String(i), answer: ['a'], version: i < 512 ? 3 : 4 }),
    ),
  );
  await bus.close();
  await rm(root, { recursive: true });
}, 30_000);
