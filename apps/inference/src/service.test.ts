import { mkdtemp, mkdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { credentials, type ServiceError } from '@grpc/grpc-js';
import { ClassifyRequest, InferenceClient, type ClassifyResponse, type ListModelsResponse } from '@taxon/contracts';
import { fromGrpcError, hostServices, type Host } from '@taxon/service';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { inferenceService } from './index.ts';
import { labels, makeModel } from './testing.ts';

// Runs the classifier's worker as users do: `npm test` builds it, or `node tools/build/workers.mjs models`.

let root: string;
let host: Host;
let client: InstanceType<typeof InferenceClient>;

const serve = (settings: Record<string, unknown>) =>
  hostServices([inferenceService], {
    settings: { inference: { port: 0, metricsPort: 0, logLevel: 'silent', threads: 1, ...settings } },
  });

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'taxon-inference-'));
  const given = await makeModel(join(root, 'given'));
  await makeModel(join(root, 'models', 'lazy'));
  await mkdir(join(root, 'models', 'broken'));
  await writeFile(join(root, 'models', 'broken', 'config.json'), '{}');
  host = await serve({ models: [`main=${given}`], modelsFolder: join(root, 'models'), maxTexts: 100 });
  client = new InferenceClient(`127.0.0.1:${host.port}`, credentials.createInsecure());
});
afterAll(async () => {
  client.close();
  await host.stop();
  await rm(root, { recursive: true });
});

const settle =
  <T>(resolve: (value: T) => void, reject: (error: Error) => void) =>
  (error: ServiceError | null, response: T) =>
    error === null ? resolve(response) : reject(fromGrpcError(error));

const classify = (request: Partial<ClassifyRequest>) =>
  new Promise<ClassifyResponse>((resolve, reject) => {
    client.classify(ClassifyRequest.fromPartial(request), settle(resolve, reject));
  });
const listModels = () =>
  new Promise<ListModelsResponse['models']>((resolve, reject) => {
    client.listModels(
      {},
      settle(({ models }) => resolve(models), reject),
    );
  });
const metrics = async () => (await fetch(`http://127.0.0.1:${host.metricsPort}/metrics`)).text();

const scores = (response: ClassifyResponse) =>
  response.predictions.map((prediction) =>
    labels.map((name) => prediction.labels.find(({ label }) => label === name)!.probability),
  );

describe('Classify', () => {
  it('ranks all labels, or the best', async () => {
    const { predictions, model } = await classify({ texts: ['my card', 'the rate today'], model: 'main' });
    expect(model).toBe('main');
    for (const prediction of predictions) {
      expect(prediction.labels.map(({ label }) => label).sort()).toEqual([...labels].sort());
      const probabilities = prediction.labels.map(({ probability }) => probability);
      expect(probabilities).toEqual([...probabilities].sort((a, b) => b - a));
      expect(probabilities.reduce((a, b) => a + b)).toBeCloseTo(1, 5);
    }
    const best = await classify({ texts: ['my card'], model: 'main', topK: 1 });
    expect(best.predictions[0]!.labels).toHaveLength(1);
    expect(best.predictions[0]!.labels[0]!.label).toBe(predictions[0]!.labels[0]!.label);
  });

  it('says how long a text was, and whether it was cut', async () => {
    const { predictions } = await classify({ texts: ['card', 'card '.repeat(20)], model: 'main' });
    expect(predictions.map(({ tokens, truncated }) => ({ tokens, truncated }))).toEqual([
      { tokens: 3, truncated: false },
      { tokens: 8, truncated: true },
    ]);
  });

  it('answers a batch as it answers its texts alone, and many callers at once', async () => {
    const texts = ['my card', '', 'the rate', 'lost '.repeat(30), 'help help', 'unknown words'];
    const together = scores(await classify({ texts, model: 'main' }));
    const alone = await Promise.all(
      texts.map(async (text) => scores(await classify({ texts: [text], model: 'main' }))[0]!),
    );
    together.flat().forEach((score, index) => expect(Math.abs(score - alone.flat()[index]!)).toBeLessThan(1e-5));
  });

  it.each([
    [{ texts: [] }, 'texts: empty; at least one text is needed', 'texts'],
    [{ texts: Array<string>(101).fill('a') }, 'texts: 101 texts are more than the limit 100 (maxTexts)', 'texts'],
    [{ texts: ['a'], topK: 0 }, 'top_k: 0; at least 1, or absent for all labels', 'top_k'],
  ])('refuses %o', async (request, message, field) => {
    await expect(classify({ ...request, model: 'main' })).rejects.toMatchObject({
      code: 'invalid_input',
      message,
      violations: [expect.objectContaining({ field })],
    });
  });

  it('names the models there are when none, or a wrong one, is asked for', async () => {
    await expect(classify({ texts: ['a'] })).rejects.toMatchObject({
      code: 'invalid_input',
      message: 'model: missing, and there are several: broken, lazy, main',
    });
    await expect(classify({ texts: ['a'], model: 'man' })).rejects.toMatchObject({
      code: 'not_found',
      message: "model: 'man' does not exist; did you mean 'main'?",
    });
    await expect(classify({ texts: ['a'], model: '../given' })).rejects.toMatchObject({ code: 'invalid_input' });
  });
});

describe('ClassifyStream', () => {
  it('answers every message in order', async () => {
    const call = client.classifyStream();
    const texts = Array.from({ length: 60 }, (_, n) => 'card '.repeat(n % 6).trim());
    for (const text of texts) call.write(ClassifyRequest.fromPartial({ texts: [text], model: 'main', topK: 1 }));
    call.end();
    const tokens: number[] = [];
    for await (const { predictions } of call as AsyncIterable<ClassifyResponse>) tokens.push(predictions[0]!.tokens);
    expect(tokens).toEqual(texts.map((_, n) => 2 + (n % 6)));
  });

  it('ends with the error of the message that is wrong, after the answers before it', async () => {
    const call = client.classifyStream();
    call.write(ClassifyRequest.fromPartial({ texts: ['a'], model: 'main' }));
    call.write(ClassifyRequest.fromPartial({ texts: [], model: 'main' }));
    call.end();
    const answers: unknown[] = [];
    const read = async () => {
      for await (const answer of call as AsyncIterable<ClassifyResponse>) answers.push(answer);
    };
    await expect(
      read().catch((error: unknown) => Promise.reject(fromGrpcError(error as ServiceError))),
    ).rejects.toMatchObject({ code: 'invalid_input' });
    expect(answers).toHaveLength(1);
  });
});

describe('models', () => {
  it('are loaded when they are asked for, or say why they cannot be', async () => {
    const before = await listModels();
    expect(before.map(({ name }) => name)).toEqual(['broken', 'lazy', 'main']);
    expect(before.find(({ name }) => name === 'main')).toMatchObject({
      state: 'MODEL_STATE_LOADED',
      labels,
      maxLength: 8,
      loadedAt: expect.any(Date),
    });
    expect(before.find(({ name }) => name === 'lazy')).toMatchObject({ state: 'MODEL_STATE_AVAILABLE', labels: [] });
    await Promise.all([classify({ texts: ['a'], model: 'lazy' }), classify({ texts: ['b'], model: 'lazy' })]);
    await expect(classify({ texts: ['a'], model: 'broken' })).rejects.toMatchObject({ code: 'invalid_input' });
    const after = await listModels();
    expect(after.find(({ name }) => name === 'lazy')).toMatchObject({ state: 'MODEL_STATE_LOADED', labels });
    expect(after.find(({ name }) => name === 'broken')).toMatchObject({
      state: 'MODEL_STATE_FAILED',
      problem: expect.stringContaining('broken'),
    });
  });

  it('are counted and timed', async () => {
    await classify({ texts: ['card', 'rate'], model: 'main' });
    const page = await metrics();
    expect(page).toContain('taxon_inference_model_loads_total{model="main",outcome="loaded"} 1');
    expect(page).toMatch(/taxon_inference_texts_total\{model="main"\} \d+/);
    expect(page).toMatch(/taxon_inference_tokens_total\{model="main"\} \d+/);
    expect(page).toMatch(/taxon_inference_classify_duration_seconds_count\{model="main"\} \d+/);
    expect(page).toContain('method="Classify",code="OK"}');
  });

  it('that are given but cannot be loaded keep the service from starting', async () => {
    await expect(serve({ models: [`x=${join(root, 'models', 'broken')}`] })).rejects.toMatchObject({
      code: 'invalid_input',
    });
    await expect(serve({ models: ['x=nowhere'] })).rejects.toMatchObject({
      message: expect.stringContaining('models: "x=nowhere": there is no folder'),
    });
  });
});
