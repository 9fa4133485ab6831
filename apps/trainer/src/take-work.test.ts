import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openEventBus, type EventBus } from '@taxon/events';
import { createJobQueue, type JobQueue } from '@taxon/jobs';
import { runUnits } from '@taxon/work';
import { pino } from 'pino';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { takeWork } from './take-work.ts';
import { trainingKind } from './training-kind.ts';

let root: string;
const open: (() => Promise<void>)[] = [];
beforeEach(async () => (root = await mkdtemp(join(tmpdir(), 'taxon-take-'))));
afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close();
  await rm(root, { recursive: true });
});
const openBus = async (): Promise<EventBus> => {
  const bus = await openEventBus({ folder: join(root, 'events') });
  open.push(() => bus.close());
  return bus;
};

/** A job of the trainer's own that ends when it is told to. */
const ownJob = (queue: JobQueue): (() => void) => {
  let end: () => void = () => undefined;
  const run = (): Promise<void> => new Promise((resolve) => (end = resolve));
  queue.add({ id: String(queue.length), output: join(root, 'own'), noun: 'training', run });
  return () => end();
};

/** A trainer whose trainings are quick. */
const createTrainer = (name: string, trained: string[], onTrain?: (queue: JobQueue) => void) => {
  const queue = createJobQueue();
  const train = (_: unknown, part: string): Promise<void> => {
    trained.push(`${name} ${part}`);
    onTrain?.(queue);
    return Promise.resolve();
  };
  const begin = async (): Promise<void> => {
    const folders = { dataFolder: root, modelsFolder: root };
    const taking = takeWork({ bus: await openBus(), folders, log: pino({ level: 'silent' }), queue, train });
    open.push(() => taking.close());
  };
  return { queue, begin };
};
const ask = async (parts: readonly string[], runId = 'r'): Promise<string[]> => {
  const recipe = { data: { train: join(root, 'data.csv') }, encoder: 'any', output: join(root, 'out') };
  const found: string[] = [];
  await runUnits({
    ...{ bus: await openBus(), kind: trainingKind, runId, startedAt: new Date(), source: '/test' },
    units: parts.map((part) => ({ name: part, payload: { recipe, part } })),
    onResult: (unit) => void found.push(unit),
    signal: AbortSignal.timeout(20_000),
  });
  return found.sort();
};
const parts = Array.from({ length: 8 }, (_, i) => `fold-${i}`);

it('a trainer that is busy leaves units to others', async () => {
  const trained: string[] = [];
  const [busy, free] = [createTrainer('busy', trained), createTrainer('free', trained)];
  const end = ownJob(busy.queue);
  await busy.begin();
  await free.begin();
  expect(await ask(parts)).toEqual(parts);
  expect(trained.every((each) => each.startsWith('free'))).toBe(true);
  end();
}, 30_000);

it('a trainer that gets work of its own ends its unit, takes no further one, and comes back', async () => {
  const trained: string[] = [];
  let end: (() => void) | undefined;
  const one = createTrainer('one', trained, (queue) => (end ??= ownJob(queue)));
  await one.begin();
  const asked = ask(parts);
  while (end === undefined) await new Promise((resolve) => setTimeout(resolve, 10));
  const two = createTrainer('two', trained);
  await two.begin();
  const closeTwo = open.at(-1)!;
  expect(await asked).toEqual(parts);
  expect(trained.filter((each) => each.startsWith('one'))).toHaveLength(1);
  // Each was done once: what was given back was not begun.
  expect(trained).toHaveLength(parts.length);
  // It comes back once its own work is done.
  await closeTwo();
  end();
  expect(await ask(['fold-8'], 's')).toEqual(['fold-8']);
  expect(trained.at(-1)).toBe('one fold-8');
}, 30_000);
