import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { Trigger } from '@taxon/contracts';
import { createEvent, decodeEvent, openEventBus, type EventBus, type TaxonEvent } from '@taxon/events';
import { createJobQueue, openJobs } from '@taxon/jobs';
import { describeModelFolder } from '@taxon/models';
import { openPlace, openRegistry, type Registry } from '@taxon/registry';
import { keepDataParts, parseRecipe, runTrainingJob } from '@taxon/training';
import { pino } from 'pino';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { writeTrainingFolder } from '../testing.ts';
import { trainingKind } from '../training-jobs.ts';
import { followRequests } from './follow-requests.ts';

let root: string;
let first: string;
const log = pino({ level: 'silent' });

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'taxon-retrain-'));
  await writeTrainingFolder(root);
  const recipe = parseRecipe({
    data: { train: join(root, 'data.csv') },
    ...{ encoder: join(root, 'encoder'), output: join(root, 'first'), threads: 1, patience: 0 },
    optimizer: { epochs: 6, learningRate: 3e-3, tokensPerStep: 64 },
    checkpoint: { updates: 20 },
  });
  await runTrainingJob(recipe);
  await keepDataParts(recipe.output, recipe);
  first = recipe.output;
});
afterAll(() => rm(root, { recursive: true }));

describe('a trainer that follows requests', () => {
  let folder: string;
  let bus: EventBus;
  let registry: Registry;
  beforeEach(async () => {
    folder = await mkdtemp(join(root, 'test-'));
    bus = await openEventBus({ folder: join(folder, 'events') });
    registry = openRegistry(openPlace(join(folder, 'registry')));
    await registry.register({ model: 'intents', folder: first, lineage: { how: 'trained' } });
    await registry.moveAlias({ model: 'intents', alias: 'serving', to: 1, by: 'a test' });
  });
  afterEach(() => bus.close());

  const follow = async () => {
    const jobs = await openJobs(trainingKind(runTrainingJob), { maxQueued: 0, keepEnded: 10, queue: createJobQueue() });
    const place = { registry: join(folder, 'registry'), modelsFolder: join(folder, 'models') };
    const following = await followRequests({ ...place, bus, jobs, log });
    const stop = async (): Promise<void> => {
      following.drain();
      jobs.close('stopping');
      await jobs.idle();
      await following.dispose();
    };
    return { stop, jobs };
  };
  const request = (id: string, more: { model?: string; rows?: string[]; parentVersion?: number } = {}) =>
    createEvent(
      'taxon.training.requested',
      {
        ...{ model: 'intents', parentVersion: 0, recipe: undefined, rows: [], ...more },
        reason: { trigger: Trigger.TRIGGER_BY_HAND, text: 'because of a test', figures: {}, limits: {} },
      },
      { source: '/test', id },
    );
  /** What was told on the topic of trainings, requests left out. */
  const told = async (): Promise<TaxonEvent[]> => {
    const events: TaxonEvent[] = [];
    for await (const stored of bus.read({ topic: 'taxon.training.v1' })) events.push(decodeEvent(stored));
    return events.filter(({ type }) => type !== 'taxon.training.requested');
  };
  const until = async (type: string, count = 1): Promise<TaxonEvent[]> => {
    for (;;) {
      const events = await told();
      if (events.filter((event) => event.type === type).length >= count) return events;
      const failed = events.find((event) => event.type === 'taxon.training.failed');
      if (failed !== undefined && failed.type !== type) throw new Error(JSON.stringify(failed.data));
      await setTimeout(50);
    }
  };
  const putRows = async (): Promise<string> => {
    const rows = Array.from({ length: 30 }, (_, i) => ({
      text: `close ${i} account twice ${i * 7}`,
      labels: { label: ['close'] },
    }));
    const path = join(folder, 'rows.jsonl');
    await writeFile(path, rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
    return registry.putFile(path);
  };

  it('registers a candidate made of the serving version and of new rows, once, however often it is asked', async () => {
    const { stop } = await follow();
    const asked = request('r1', { rows: [await putRows()] });
    await bus.publish([asked, asked]);
    const events = await until('taxon.training.completed');
    await bus.publish([asked]);
    await setTimeout(300);
    expect((await told()).map(({ id }) => id)).toEqual(['r1/started', 'r1/completed']);
    expect(events.at(-1)!.data).toMatchObject({ model: 'intents', requestId: 'r1', parentVersion: 1, version: 2 });
    await stop();
    const { versions, aliases } = await registry.describe('intents');
    expect(versions.map(({ version }) => version)).toEqual([1, 2]);
    expect(Object.fromEntries(aliases)).toEqual({ serving: 1, candidate: 2 });
    const manifest = await versions[1]!.manifest();
    expect(manifest.lineage).toMatchObject({ how: 'trained', parent: 1, reason: 'because of a test' });
    expect(manifest.scores['validation']!['accuracy']).toBeGreaterThan(0.5);
    const { space } = await describeModelFolder(await registry.checkOut(versions[1]!));
    expect(space!.tasks[0]!.labels).toEqual(['close', 'lost', 'rate']);
    expect((await registry.history('intents')).at(-1)).toMatchObject({ by: 'trainer', change: { alias: 'candidate' } });
  }, 60_000);

  it('goes on with what it took when it is stopped in the middle, and trains a candidate of the candidate', async () => {
    const before = await follow();
    await bus.publish([request('r1')]);
    await until('taxon.training.started');
    await before.stop();
    expect((await told()).map(({ id }) => id)).toEqual(['r1/started']);
    const after = await follow();
    await until('taxon.training.completed');
    await bus.publish([request('r2', { parentVersion: 2, rows: [await putRows()] })]);
    const events = await until('taxon.training.completed', 2);
    await after.stop();
    expect(events.at(-1)!.data).toMatchObject({ requestId: 'r2', parentVersion: 2, version: 3 });
  }, 60_000);

  it('tells why a request leads to nothing, and goes on with the next', async () => {
    const { stop } = await follow();
    await bus.publish([
      request('r1', { model: 'unknown' }),
      request('r2', { parentVersion: 9 }),
      request('r3', { rows: ['0'.repeat(64)] }),
    ]);
    const events = await until('taxon.training.failed', 3);
    await stop();
    const problems = Object.fromEntries(events.map(({ id, data }) => [id, data]));
    expect(problems['r1/failed']).toMatchObject({
      code: 'not_found',
      message: expect.stringContaining("'unknown' does not exist"),
    });
    expect(problems['r2/failed']).toMatchObject({ message: 'intents: version 9 does not exist; there is 1' });
    expect(problems['r3/failed']).toMatchObject({ message: expect.stringContaining('is missing') });
    expect((await registry.describe('intents')).versions).toHaveLength(1);
  }, 60_000);
});
