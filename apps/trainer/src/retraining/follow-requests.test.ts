import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { Trigger, type Recipe as RecipeMessage } from '@taxon/contracts';
import { createEvent, decodeEvent, openEventBus, type EventBus, type TaxonEvent } from '@taxon/events';
import { TaxonError } from '@taxon/errors';
import { createJobQueue, openJobs } from '@taxon/jobs';
import { describeModelFolder } from '@taxon/models';
import { openPlace, openRegistry, type Registry } from '@taxon/registry';
import { keepDataParts, parseRecipe, runTrainingJob } from '@taxon/training';
import { pino } from 'pino';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { writeTrainingFolder } from '../testing.ts';
import { trainingKind } from '../training-jobs.ts';
import { toRecipeMessage } from '../recipe-message.ts';
import { followRequests } from './follow-requests.ts';
import { modelVersions } from './model-versions.ts';
import { openRequestStore } from './request-store.ts';
import { createRetrainer } from './retrainer.ts';

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

  const folders = () => ({ dataFolder: join(folder, 'data'), modelsFolder: join(folder, 'models') });
  const openOwnJobs = () =>
    openJobs(trainingKind(runTrainingJob), { maxQueued: 0, keepEnded: 10, queue: createJobQueue() });
  const follow = async () => {
    const jobs = await openOwnJobs();
    const following = await followRequests({ registry: join(folder, 'registry'), folders: folders(), bus, jobs, log });
    const stop = async (): Promise<void> => {
      following.drain();
      jobs.close('stopping');
      await jobs.idle();
      await following.dispose();
    };
    return { stop, jobs };
  };
  const request = (
    id: string,
    more: { model?: string; rows?: string[]; parentVersion?: number; recipe?: RecipeMessage } = {},
  ) =>
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
    expect(manifest.lineage.codeVersion).toMatch(/^\d+\.\d+\.\d+/);
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
    const broken = join(folder, 'broken.jsonl');
    await writeFile(broken, '{"text":');
    await bus.publish([
      request('r4', { rows: [await registry.putFile(broken)] }),
      request('r1', { model: 'unknown' }),
      request('r2', { parentVersion: 9 }),
      request('r3', { rows: ['0'.repeat(64)] }),
    ]);
    const events = await until('taxon.training.failed', 4);
    await stop();
    const problems = Object.fromEntries(events.map(({ id, data }) => [id, data]));
    expect(problems['r1/failed']).toMatchObject({
      code: 'not_found',
      message: expect.stringContaining("'unknown' does not exist"),
    });
    expect(problems['r2/failed']).toMatchObject({ message: 'intents: version 9 does not exist; there is 1' });
    expect(problems['r3/failed']).toMatchObject({ message: expect.stringContaining('is missing') });
    expect(problems['r4/failed']).toMatchObject({ message: expect.stringContaining(':1: not valid JSON') });
    expect((await registry.describe('intents')).versions).toHaveLength(1);
    expect(await readdir(join(folder, 'models', '.retraining', 'runs'))).toEqual([]);
  }, 60_000);

  it('reads and writes for a recipe of an event what it would for a caller', async () => {
    const { stop } = await follow();
    const base = { data: { train: '/elsewhere/data.csv' }, encoder: join(root, 'encoder'), output: '/elsewhere/model' };
    const outside = { map: '/etc/map.json', texts: '/etc/texts.txt' };
    const recipes = [
      { ...base, hierarchy: { map: outside.map } },
      { ...base, abstain: { outOfScope: outside.texts } },
      { ...base, adaptation: { texts: [outside.texts] } },
    ];
    await bus.publish(recipes.map((recipe, i) => request(`r${i}`, { recipe: toRecipeMessage(parseRecipe(recipe)) })));
    const events = await until('taxon.training.failed', 3);
    await stop();
    const problems = events.map(({ data }) => (data as { message: string }).message);
    expect(problems.sort()).toEqual([
      expect.stringContaining('abstain.outOfScope: "/etc/texts.txt" is outside'),
      expect.stringContaining('adaptation.texts[0]: "/etc/texts.txt" is outside'),
      expect.stringContaining('hierarchy.map: "/etc/map.json" is outside'),
    ]);
  }, 60_000);

  it('tells what it did once bus and registry are back, and keeps two requests apart whose ids are long', async () => {
    /** Fails every second time. */
    const away = <Rest extends unknown[], Result>(act: (...rest: Rest) => Promise<Result>) => {
      let calls = 0;
      return (...rest: Rest): Promise<Result> =>
        calls++ % 2 === 0 ? Promise.reject(new TaxonError({ code: 'unavailable', message: 'away' })) : act(...rest);
    };
    const jobs = await openOwnJobs();
    const stopping = new AbortController();
    const versions = modelVersions(registry, stopping.signal);
    const retrainer = createRetrainer({
      ...{ jobs, log, folders: folders(), signal: stopping.signal, folder: join(folder, 'runs') },
      requests: await openRequestStore(join(folder, 'requests'), () => undefined),
      bus: { ...bus, publish: away((events) => bus.publish(events)) },
      versions: {
        checkOut: away((...given: Parameters<typeof versions.checkOut>) => versions.checkOut(...given)),
        readRows: away((...given: Parameters<typeof versions.readRows>) => versions.readRows(...given)),
        register: away((...given: Parameters<typeof versions.register>) => versions.register(...given)),
      },
      backOff: { first: 10 },
    });
    const ids = ['1', '2'].map((end) => `${'long'.repeat(30)}${end}`);
    for (const id of ids) {
      const event = request(id, { parentVersion: 1 });
      await retrainer.onRequested(event, { attempt: 1, stored: undefined as never, signal: stopping.signal });
    }
    await retrainer.idle();
    const ends = ids.flatMap((id) => [`${id}/completed`, `${id}/started`]);
    expect((await told()).map(({ id }) => id).sort()).toEqual(ends);
    expect((await registry.describe('intents')).versions).toHaveLength(3);
    expect(await readdir(join(folder, 'runs'))).toEqual([]);
    await jobs.idle();
  }, 90_000);
});
