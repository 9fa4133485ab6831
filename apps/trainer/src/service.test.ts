import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { credentials, type ServiceError } from '@grpc/grpc-js';
import {
  ListTrainingsRequest,
  StartTrainingRequest,
  TrainerClient,
  type ListTrainingsResponse,
  type Training,
  type WatchTrainingResponse,
} from '@taxon/contracts';
import { TaxonError } from '@taxon/errors';
import { fromGrpcError, hostServices, type Host } from '@taxon/service';
import type { Recipe, TrainingJobOptions, TrainingResult } from '@taxon/training';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createTrainerService } from './service.ts';

const scores = {
  n: 10,
  figures: { accuracy: 0.9, macroF1: 0.8, microF1: 0.9, weightedF1: 0.85 },
  tasks: [
    {
      task: 'label',
      kind: 'single-label' as const,
      n: 10,
      figures: { accuracy: 0.9 },
      perLabel: [{ label: 'a', precision: 1, recall: 0.8, f1: 0.9, support: 5 }],
    },
  ],
};
const message = { ...scores, tasks: [{ ...scores.tasks[0], kind: 'TASK_KIND_SINGLE_LABEL' }] };
const resultOf = (recipe: Recipe): TrainingResult => ({
  modelFolder: recipe.output,
  runFolder: join(recipe.output, 'run'),
  space: { tasks: [{ name: 'label', kind: 'single-label', labels: ['a', 'b'] }] },
  validation: undefined,
  test: scores,
  seconds: 1.5,
  peakMemoryBytes: 123,
});

type Run = (recipe: Recipe, options: TrainingJobOptions) => Promise<TrainingResult>;

/** A training that ends when told to, and stops with a checkpoint when its signal aborts, as the real one does. */
const controlled = () => {
  const running: {
    recipe: Recipe;
    resume: boolean | undefined;
    finish: () => void;
    fail: (error: Error) => void;
    options: TrainingJobOptions;
  }[] = [];
  const run: Run = (recipe, options) =>
    new Promise((fulfil, reject) => {
      options.onEvent?.({ kind: 'stage', stage: 'train' });
      options.signal?.addEventListener('abort', () => {
        options.onEvent?.({ kind: 'checkpoint', folder: 'checkpoint', step: 3, digest: 'd' });
        reject(new TaxonError({ code: 'cancelled', message: 'interrupted' }));
      });
      running.push({ recipe, resume: options.resume, options, finish: () => fulfil(resultOf(recipe)), fail: reject });
    });
  return { running, run };
};

let host: Host;
let client: InstanceType<typeof TrainerClient>;
let jobsFolder = '';
beforeEach(async () => {
  jobsFolder = await mkdtemp(join(tmpdir(), 'taxon-jobs-'));
});
afterEach(async () => {
  client.close();
  await host.stop();
  await rm(jobsFolder, { recursive: true });
});

const serve = async (run: Run, settings: Record<string, unknown> = {}) => {
  host = await hostServices([createTrainerService(run)], {
    settings: { trainer: { port: 0, metricsPort: 0, logLevel: 'silent', jobsFolder, ...settings } },
  });
  client = new TrainerClient(`127.0.0.1:${host.port}`, credentials.createInsecure());
};

const settle =
  <T>(fulfil: (value: T) => void, reject: (error: Error) => void) =>
  (error: ServiceError | null, response: T) =>
    error === null ? fulfil(response) : reject(fromGrpcError(error));

const start = (output: string, more: Parameters<typeof StartTrainingRequest.fromPartial>[0] = {}) =>
  new Promise<string>((fulfil, reject) => {
    const request = StartTrainingRequest.fromPartial({ recipe: { data: { train: 'a.csv' }, output }, ...more });
    client.startTraining(
      request,
      settle(({ trainingId }) => fulfil(trainingId), reject),
    );
  });
const get = (trainingId: string) =>
  new Promise<Training>((fulfil, reject) => {
    client.getTraining(
      { trainingId },
      settle(({ training }) => fulfil(training!), reject),
    );
  });
const cancel = (trainingId: string) =>
  new Promise<Training>((fulfil, reject) => {
    client.cancelTraining(
      { trainingId },
      settle(({ training }) => fulfil(training!), reject),
    );
  });
const list = (request: Partial<ListTrainingsRequest> = {}) =>
  new Promise<ListTrainingsResponse>((fulfil, reject) => {
    client.listTrainings(ListTrainingsRequest.fromPartial(request), settle(fulfil, reject));
  });
const watch = async (trainingId: string, afterSequence = 0n): Promise<WatchTrainingResponse[]> => {
  const events: WatchTrainingResponse[] = [];
  for await (const event of client.watchTraining({ trainingId, afterSequence }) as AsyncIterable<WatchTrainingResponse>)
    events.push(event);
  return events;
};
const cases = (events: readonly WatchTrainingResponse[]) =>
  events.map(({ event }) => (event?.$case === 'stateChange' ? event.value.state : event?.$case));

describe('a training', () => {
  it('is queued, runs, tells what it does, and succeeds', async () => {
    await serve(async (recipe, { onEvent }) => {
      await new Promise(setImmediate);
      onEvent?.({ kind: 'stage', stage: 'train' });
      onEvent?.({
        kind: 'progress',
        stage: 'train',
        done: 1,
        total: 2,
        unit: 'steps',
        loss: 0.5,
        tokensPerSecond: 1000,
      });
      onEvent?.({ kind: 'evaluation', split: 'test', epoch: 1, step: 2, loss: 0.4, scores });
      onEvent?.({ kind: 'notice', level: 'warning', message: 'a class has 3 texts' });
      return resultOf(recipe);
    });
    const id = await start('new');
    const events = await watch(id);
    expect(cases(events)).toEqual([
      'TRAINING_STATE_QUEUED',
      'TRAINING_STATE_RUNNING',
      'stageStart',
      'progress',
      'evaluation',
      'notice',
      'TRAINING_STATE_SUCCEEDED',
    ]);
    expect(events.map(({ sequence }) => sequence)).toEqual([1n, 2n, 3n, 4n, 5n, 6n, 7n]);
    expect(events[3]!.event).toMatchObject({
      value: { stage: 'STAGE_TRAIN', done: 1n, total: 2n, loss: 0.5, learningRate: undefined },
    });
    expect(events[4]!.event).toMatchObject({ value: { split: 'SPLIT_TEST', scores: message } });
    const training = await get(id);
    expect(training).toMatchObject({
      state: 'TRAINING_STATE_SUCCEEDED',
      lastSequence: 7n,
      result: { modelFolder: resolve('models/new'), peakMemoryBytes: 123n, test: message },
    });
    expect(training.recipe).toMatchObject({
      output: resolve('models/new'),
      data: { train: resolve('a.csv'), textColumn: 'text' },
      optimizer: { epochs: 2, schedule: 'SCHEDULE_LINEAR' },
    });
    const page = await (await fetch(`http://127.0.0.1:${host.metricsPort}/metrics`)).text();
    expect(page).toContain('taxon_trainer_trainings_ended_total{state="succeeded"} 1');
    expect(page).toContain('taxon_trainer_loss 0.5');
    expect(page).toContain('taxon_trainer_trainings{state="running"} 0');
    expect(page).toContain('taxon_trainer_score{split="test",metric="accuracy"} 0.9');
  });

  it('is watched again from where a watcher left off, also after its end', async () => {
    const { running, run } = controlled();
    await serve(run);
    const id = await start('x');
    const first = client.watchTraining({ trainingId: id, afterSequence: 0n });
    first.on('error', () => undefined);
    await new Promise((fulfil) => first.once('data', fulfil));
    first.cancel();
    const rest = watch(id, 1n);
    running[0]!.finish();
    expect(cases(await rest)).toEqual(['TRAINING_STATE_RUNNING', 'stageStart', 'TRAINING_STATE_SUCCEEDED']);
    expect(cases(await watch(id, 3n))).toEqual(['TRAINING_STATE_SUCCEEDED']);
  });

  it('waits for the one before it', async () => {
    const { running, run } = controlled();
    await serve(run);
    const [first, second, third] = [await start('a'), await start('b', { resume: true }), await start('c')];
    expect(running).toHaveLength(1);
    expect(await get(second)).toMatchObject({ state: 'TRAINING_STATE_QUEUED', queuedBehind: 1 });
    expect(await get(third)).toMatchObject({ queuedBehind: 2 });
    running[0]!.finish();
    await watch(first);
    await expect.poll(() => running.length).toBe(2);
    expect(running[1]).toMatchObject({ recipe: { output: resolve('models/b') }, resume: true });
    expect(await get(third)).toMatchObject({ queuedBehind: 1 });
  });

  it('is cancelled with a checkpoint while it runs, at once while it waits, and not at all once it has ended', async () => {
    const { running, run } = controlled();
    await serve(run);
    const [runs, waits] = [await start('a'), await start('b')];
    expect(await cancel(waits)).toMatchObject({ state: 'TRAINING_STATE_CANCELLED', startTime: undefined });
    await cancel(runs);
    expect(cases(await watch(runs))).toEqual([
      'TRAINING_STATE_QUEUED',
      'TRAINING_STATE_RUNNING',
      'stageStart',
      'checkpoint',
      'TRAINING_STATE_CANCELLED',
    ]);
    expect(await cancel(runs)).toMatchObject({
      state: 'TRAINING_STATE_CANCELLED',
      error: { code: 1, message: 'interrupted' },
    });
    expect(running).toHaveLength(1);
  });

  it('fails with the error of the job, its violations included, and lets the next one run', async () => {
    const { running, run } = controlled();
    await serve(run);
    const [bad, next] = [await start('a'), await start('b')];
    running[0]!.fail(
      new TaxonError({
        code: 'invalid_input',
        message: 'a.csv:3: empty label',
        violations: [{ field: 'a.csv:3', description: 'empty' }],
      }),
    );
    const last = (await watch(bad)).at(-1)!;
    expect(last.event).toMatchObject({
      $case: 'stateChange',
      value: { state: 'TRAINING_STATE_FAILED', error: { code: 3, message: 'a.csv:3: empty label' } },
    });
    await expect.poll(async () => (await get(next)).state).toBe('TRAINING_STATE_RUNNING');
  });

  it('is interrupted when the host stops, and its watchers hear of it', async () => {
    const { run } = controlled();
    await serve(run);
    const [first, second] = [watch(await start('a')), watch(await start('b'))];
    await new Promise((fulfil) => setTimeout(fulfil, 50));
    await host.stop();
    expect(cases(await first).slice(-2)).toEqual(['checkpoint', 'TRAINING_STATE_CANCELLED']);
    expect(cases(await second)).toEqual(['TRAINING_STATE_QUEUED', 'TRAINING_STATE_CANCELLED']);
  });
});

describe('what cannot be started', () => {
  it('names every wrong option of the recipe', async () => {
    await serve(controlled().run);
    await expect(start('x', { recipe: { output: 'x', optimizer: { learningRate: 5 } } })).rejects.toMatchObject({
      code: 'invalid_input',
      violations: [
        expect.objectContaining({ field: 'data' }),
        expect.objectContaining({ field: 'optimizer.learningRate' }),
      ],
    });
  });

  it('does not read or write outside its folders', async () => {
    await serve(controlled().run, { dataFolder: 'data', modelsFolder: 'models' });
    await expect(start('../x')).rejects.toMatchObject({
      code: 'invalid_input',
      message: `output: "../x" is outside ${resolve('models')}, the trainer's modelsFolder`,
    });
    for (const path of ['/etc/passwd', '../secret.csv', 'a/../../b.csv'])
      await expect(start('x', { recipe: { data: { train: path }, output: 'x' } })).rejects.toMatchObject({
        message: expect.stringContaining('data.train:'),
      });
    await expect(
      start('x', {
        recipe: { data: { train: '..data.csv', test: resolve('data/sub/t.csv') }, output: resolve('models/x') },
      }),
    ).resolves.toMatch(/^[\w-]{36}$/);
  });

  it('is more than may wait, or writes where another does', async () => {
    await serve(controlled().run, { maxQueued: 1 });
    const first = await start('a');
    await expect(start('./a')).rejects.toMatchObject({
      code: 'already_exists',
      message: expect.stringContaining(first),
    });
    await start('b');
    await expect(start('c')).rejects.toMatchObject({
      code: 'resource_exhausted',
      message: '1 trainings wait already, which is the limit (maxQueued)',
    });
  });
});

describe('lists', () => {
  it('go newest first, by page and by state', async () => {
    const { running, run } = controlled();
    await serve(run);
    const ids = [await start('a'), await start('b'), await start('c')];
    running[0]!.finish();
    await watch(ids[0]!);
    const first = await list({ pageSize: 2 });
    expect(first.trainings.map(({ trainingId }) => trainingId)).toEqual([ids[2], ids[1]]);
    const second = await list({ pageSize: 2, pageToken: first.nextPageToken });
    expect(second).toMatchObject({ trainings: [{ trainingId: ids[0] }], nextPageToken: '' });
    const done = await list({ state: 'TRAINING_STATE_SUCCEEDED' });
    expect(done.trainings.map(({ trainingId }) => trainingId)).toEqual([ids[0]]);
  });

  it('forget the oldest that have ended', async () => {
    await serve((recipe) => Promise.resolve(resultOf(recipe)), { keepEnded: 2 });
    const ids: string[] = [];
    for (const output of ['a', 'b', 'c']) {
      ids.push(await start(output));
      await watch(ids.at(-1)!);
    }
    expect((await list()).trainings).toHaveLength(2);
    await expect(get(ids[0]!)).rejects.toMatchObject({
      code: 'not_found',
      message: `training_id: "${ids[0]!}" does not exist here`,
    });
  });
});
