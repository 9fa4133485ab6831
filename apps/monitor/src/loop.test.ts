import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { credentials, type ServiceError } from '@grpc/grpc-js';
import { inferenceService } from '@taxon/app-inference';
import { trainerService } from '@taxon/app-trainer';
import {
  AddRowsRequest,
  ClassifyRequest,
  FeedbackRequest,
  InferenceClient,
  MonitorClient,
  RequestState,
  Verdict,
  type AddRowsResponse,
  type ClassifyResponse,
  type GetStatusResponse,
  type PromoteResponse,
  type RequestTrainingResponse,
} from '@taxon/contracts';
import { createRandom } from '@taxon/data';
import { createEvent, openEventBus, type EventBus } from '@taxon/events';
import { openPlace, openRegistry, type Registry } from '@taxon/registry';
import { fromGrpcError, hostServices, type Host } from '@taxon/service';
import { keepDataParts, parseRecipe, runTrainingJob } from '@taxon/training';
import { writeEncoderFolder } from '@taxon/models/testing';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { monitorService } from './service.ts';

// The whole loop: real services in one process, the embedded bus, trainings in their own processes.

const topics = {
  lost: ['card', 'my', 'pin', 'help'],
  rate: ['money', 'today', 'new', 'sent'],
  close: ['account', 'pay', 'please', 'twice'],
} as const;
type Topic = keyof typeof topics;
const random = createRandom(7);
const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)]!;
const about = (topic: Topic): string => Array.from({ length: 8 }, () => pick(topics[topic])).join(' ');

let root: string;
const train = async (
  name: string,
  labelled: { text: string; label: string }[],
  validation: { text: string; label: string }[],
) => {
  const write = async (part: string, rows: object[]): Promise<string> => {
    const path = join(root, `${name}-${part}.jsonl`);
    await writeFile(path, rows.map((row) => JSON.stringify(row)).join('\n'));
    return path;
  };
  const recipe = parseRecipe({
    data: {
      train: await write('train', labelled),
      validation: await write('validation', validation),
      split: { train: 1, validation: 0, test: 0 },
    },
    ...{ encoder: join(root, 'encoder'), output: join(root, name), threads: 1, patience: 0 },
    optimizer: { epochs: 8, learningRate: 3e-3, tokensPerStep: 256, keep: 1 },
  });
  await runTrainingJob(recipe);
  await keepDataParts(recipe.output, recipe);
  return recipe.output;
};
const rowsOf = (count: number, wrong = false) =>
  Array.from({ length: count }, (_, i) => {
    const [topic, other] = i % 2 === 0 ? (['lost', 'rate'] as const) : (['rate', 'lost'] as const);
    return { text: about(topic), label: wrong ? other : topic };
  });

let good: string;
let bad: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'taxon-loop-'));
  await writeEncoderFolder(join(root, 'encoder'));
  // Enough to tell drift by.
  const validation = rowsOf(240);
  good = await train('good', rowsOf(200), validation);
  bad = await train('bad', rowsOf(200, true), validation);
}, 60_000);
afterAll(() => rm(root, { recursive: true }));

const model = 'intents';
const patience = { timeout: 30_000, interval: 50 };

describe('the loop', { timeout: 90_000 }, () => {
  let folder: string;
  let bus: EventBus;
  let registry: Registry;
  let host: Host | undefined;
  beforeEach(async () => {
    folder = await mkdtemp(join(root, 'test-'));
    bus = await openEventBus({ folder: join(folder, 'events') });
    registry = openRegistry(openPlace(join(folder, 'registry')));
    await registry.register({ model, folder: good, lineage: { how: 'trained' } });
    await registry.moveAlias({ model, alias: 'serving', to: 1, by: 'a test' });
  });
  afterEach(async () => {
    await host?.stop();
    await bus.close();
  });

  const start = async (monitor: Record<string, unknown> = {}) => {
    const ports = { port: 0, metricsPort: 0, logLevel: 'silent' };
    const place = join(folder, 'registry');
    host = await hostServices([trainerService, inferenceService, monitorService], {
      settings: {
        server: ports,
        trainer: { registry: place, modelsFolder: join(folder, 'models'), dataFolder: folder },
        inference: { registry: place, modelsFolder: join(folder, 'none'), threads: 1, sampleRate: 1 },
        monitor: {
          ...{
            registry: place,
            stateFolder: join(folder, 'monitor'),
            checkSeconds: 0.1,
            coolDownHours: 0,
            drift: false,
          },
          ...{ newRows: 1000, margin: 0.1, ...monitor },
        },
      },
      events: bus,
    });
    const address = `127.0.0.1:${host.port}`;
    const inference = new InferenceClient(address, credentials.createInsecure());
    const watch = new MonitorClient(address, credentials.createInsecure());
    const call = <Response>(send: (done: (error: ServiceError | null, response: Response) => void) => unknown) =>
      new Promise<Response>((resolve, reject) => {
        send((error, response) => (error === null ? resolve(response) : reject(fromGrpcError(error))));
      });
    return {
      classify: (...texts: string[]) =>
        call<ClassifyResponse>((done) => inference.classify(ClassifyRequest.fromPartial({ texts }), done)),
      feedback: (predictionId: string, label: string) =>
        call((done) =>
          inference.feedback(
            FeedbackRequest.fromPartial({
              predictionId,
              verdict: { $case: 'right', value: { tasks: [{ task: '', labels: [label] }] } },
            }),
            done,
          ),
        ),
      status: () => call<GetStatusResponse>((done) => watch.getStatus({ model, requestId: '' }, done)),
      addRows: (rows: { text: string; label: string }[]) =>
        call<AddRowsResponse>((done) =>
          watch.addRows(
            AddRowsRequest.fromPartial({
              model,
              rows: rows.map(({ text, label }) => ({ text, tasks: [{ labels: [label] }] })),
            }),
            done,
          ),
        ),
      request: () =>
        call<RequestTrainingResponse>((done) => watch.requestTraining({ model, reason: '', parentVersion: 0 }, done)),
      promote: (version: number) =>
        call<PromoteResponse>((done) => watch.promote({ model, version, reason: 'a test' }, done)),
    };
  };

  it('learns a new class from new rows: asked for, trained, compared, promoted, served, and told in the history', async () => {
    const { classify, addRows, status } = await start({ newRows: 30 });
    expect((await classify(about('close'))).version).toBe(1);
    const rows = Array.from({ length: 60 }, () => ({ text: about('close'), label: 'close' }));
    expect((await addRows(rows)).added).toBe(60);
    expect((await addRows(rows)).known).toBe(60);
    await expect.poll(async () => (await classify(about('close'))).version, patience).toBe(2);
    const answers = await classify(about('close'), about('lost'), about('rate'));
    expect(answers.predictions.map(({ answer }) => answer[0])).toEqual(['close', 'lost', 'rate']);
    const { lastRequest, lastDecision, newRows, heldOutRows } = await status();
    expect(lastRequest).toMatchObject({ state: RequestState.REQUEST_STATE_DECIDED, version: 2 });
    expect(lastRequest!.reason!.text).toMatch(/^\d+ new rows$/);
    expect(lastDecision).toMatchObject({ verdict: Verdict.VERDICT_PROMOTED, version: 2 });
    expect(newRows).toBe(0);
    expect(heldOutRows).toBeGreaterThan(5);
    const history = await registry.history(model);
    expect(
      history.map(
        ({ by, change }) => `${by}: ${change.kind}${change.kind === 'alias' ? ` ${change.alias} ${change.to}` : ''}`,
      ),
    ).toEqual([
      'taxon: registered',
      'a test: alias serving 1',
      'trainer: registered',
      'trainer: alias candidate 2',
      'monitor: alias serving 2',
      'monitor: alias shadow 1',
    ]);
    expect(history.at(-2)!.details).toMatchObject({
      verdict: 'promote',
      comparisons: [{ texts: 'validation', n: 240 }],
    });
  });

  it('refuses a candidate that is worse, and goes on serving', async () => {
    const { status, classify } = await start();
    await registry.register({ model, folder: bad, lineage: { how: 'trained' } });
    const told = { model, requestId: 'somebody', trainingId: 't', parentVersion: 1, version: 2, validation: undefined };
    await bus.publish([createEvent('taxon.training.completed', told, { source: '/test' })]);
    await expect.poll(async () => (await status()).lastDecision?.verdict, patience).toBe(Verdict.VERDICT_REFUSED);
    const { lastDecision } = await status();
    expect(lastDecision!.reason).toMatch(/^worse on validation: [\d.]+ % against [\d.]+ % of 240/);
    expect((await classify(about('lost'))).version).toBe(1);
    expect((await registry.history(model)).at(-1)).toMatchObject({
      by: 'monitor',
      change: { kind: 'note', version: 2 },
    });
  });

  it('takes a promoted version back when feedback shows that it is worse', async () => {
    const { promote, classify, feedback, status } = await start();
    for (let i = 0; i < 60; i++) {
      const topic = i % 2 === 0 ? 'lost' : 'rate';
      const { predictions } = await classify(about(topic));
      await feedback(predictions[0]!.predictionId, topic);
    }
    await expect.poll(async () => (await status()).judged, patience).toBe(60);
    await registry.register({ model, folder: bad, lineage: { how: 'trained' } });
    expect(await promote(2)).toEqual({ version: 2, previousVersion: 1 });
    await expect.poll(async () => (await classify(about('lost'))).version, patience).toBe(2);
    for (let i = 0; i < 60 && (await status()).servingVersion === 2; i++) {
      const topic = i % 2 === 0 ? 'lost' : 'rate';
      const { predictions } = await classify(about(topic));
      await feedback(predictions[0]!.predictionId, topic);
    }
    await expect.poll(async () => (await status()).lastDecision?.verdict, patience).toBe(Verdict.VERDICT_ROLLED_BACK);
    await expect.poll(async () => (await classify(about('lost'))).version, patience).toBe(1);
    expect((await status()).lastDecision!.reason).toMatch(/evidence/);
  });

  it('tells why a training led to nothing, and gives its rows to the next', async () => {
    const { request, addRows, status } = await start();
    expect((await addRows(rowsOf(40))).added).toBe(40);
    const { newRows } = await status();
    // A version that came from elsewhere says nothing of its data.
    const bare = join(folder, 'bare');
    await cp(good, bare, { recursive: true });
    await rm(join(bare, 'run'), { recursive: true });
    await registry.register({ model, folder: bare, lineage: { how: 'imported' } });
    await registry.moveAlias({ model, alias: 'serving', to: 2, by: 'a test' });
    await request();
    await expect
      .poll(async () => (await status()).lastRequest?.state, patience)
      .toBe(RequestState.REQUEST_STATE_FAILED);
    const failed = await status();
    expect(failed.lastRequest!.problem).toContain('holds no training data (run/data), so it cannot be trained again');
    expect(failed.newRows).toBe(newRows);
    await registry.moveAlias({ model, alias: 'serving', to: 1, by: 'a test' });
    const { requestId } = await request();
    const decided = { requestId, state: RequestState.REQUEST_STATE_DECIDED, version: 3 };
    await expect.poll(async () => (await status()).lastRequest, patience).toMatchObject(decided);
    const { data } = (await (await registry.resolve(`${model}@3`)).manifest()).lineage;
    expect(data!['rows']).toHaveLength(1);
  });

  it('asks for a training when answers drift from those of validation, once', async () => {
    const { classify, status } = await start({ drift: true, driftEvery: 100, coolDownHours: 1 });
    for (let i = 0; i < 12; i++) await classify(...Array.from({ length: 30 }, () => about('lost')));
    await expect
      .poll(async () => (await status()).lastRequest?.reason?.text, patience)
      .toMatch(/^drift over \d+ predictions: labelPsi/);
    const { lastRequest, drift } = await status();
    expect(lastRequest!.reason!.figures['labelPsi']).toBeGreaterThan(lastRequest!.reason!.limits['labelPsi']!);
    expect(drift!.beyond).toContain('labelPsi');
    const asked = async (): Promise<number> => {
      const types: (string | undefined)[] = [];
      for await (const { headers } of bus.read({ topic: 'taxon.training.v1' })) types.push(headers['ce_type']);
      return types.filter((type) => type === 'taxon.training.requested').length;
    };
    await expect.poll(asked, patience).toBe(1);
  });

  it('refuses rows, models and versions that cannot be, by name', async () => {
    const { addRows, promote, request } = await start();
    await expect(addRows([{ text: ' ', label: 'rate' }])).rejects.toMatchObject({
      code: 'invalid_input',
      message: 'rows[0].text: blank',
    });
    await expect(addRows([])).rejects.toMatchObject({ message: 'rows: empty; at least one is needed' });
    await expect(promote(9)).rejects.toMatchObject({
      code: 'not_found',
      message: `${model}: version 9 does not exist; there is 1`,
    });
    await registry.moveAlias({ model, alias: 'serving', to: undefined, by: 'a test' });
    await expect(request()).rejects.toMatchObject({ code: 'failed_precondition' });
  });
});
