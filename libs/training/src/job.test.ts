import { mkdirSync, writeFileSync } from 'node:fs';
import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { writeEncoderFolder } from '@taxon/models/testing';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { parseRecipe, runTrainingJob, type Recipe, type RecipeInput, type TrainingEvent } from './index.ts';
import { isInstalled } from './testing.ts';

const phrases = {
  lost: [
    'my card was lost',
    'lost card please help',
    'card lost what now',
    'the card is lost',
    'a lost card',
    'help my new card was lost',
  ],
  rate: [
    'what is the rate today',
    'today rate please',
    'the rate of money',
    'is the rate new today',
    'rate',
    'what rate is my account with',
  ],
  close: [
    'close my account',
    'please close the account',
    'account close today',
    'unable to close account',
    'close open account',
    'help close it',
  ],
};

const labelledCsv = (repeats: number): string =>
  [
    'text,label',
    ...Object.entries(phrases).flatMap(([label, texts]) =>
      Array.from({ length: repeats }, (_, i) =>
        texts.map((text) => `"${text} ${'abcdefghij'[i % 10]!}${i}",${label}`),
      ).flat(),
    ),
  ].join('\n');

const hasTensorflow = await isInstalled('tensorflow');

describe('a training job', () => {
  let folder = '';
  let recipe: (changes?: Partial<RecipeInput>) => Recipe;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'taxon-job-'));
    await writeEncoderFolder(join(folder, 'encoder'));
    await writeFile(join(folder, 'data.csv'), labelledCsv(6));
    const base: RecipeInput = {
      data: { train: join(folder, 'data.csv') },
      encoder: join(folder, 'encoder'),
      output: join(folder, 'model'),
      threads: 1,
      optimizer: { epochs: 6, learningRate: 3e-3, tokensPerStep: 64 },
    };
    recipe = (changes) => parseRecipe({ ...base, ...changes });
  });
  afterEach(() => rm(folder, { recursive: true }));

  it('turns a labelled file into a model folder with its report', async () => {
    const events: TrainingEvent[] = [];
    const result = await runTrainingJob(recipe(), { onEvent: (event) => events.push(event) });
    expect(result.space.tasks[0]!.labels).toEqual(['close', 'lost', 'rate']);
    expect(result.test!.figures['accuracy']).toBeGreaterThan(0.8);
    expect(result.validation!.n + result.test!.n).toBeGreaterThan(20);
    const files = (await readdir(folder)).sort();
    expect(files).toEqual(['data.csv', 'encoder', 'model']); // no checkpoint, no temporary folder
    for (const file of [
      'config.json',
      'model.safetensors',
      'tokenizer.json',
      'taxon.json',
      'README.md',
      'onnx/model.onnx',
      'run/report.html',
      'run/metrics.json',
    ])
      await expect(readFile(join(result.modelFolder, file)), file).resolves.toBeDefined();
    const stages = events.flatMap((event) => (event.kind === 'stage' ? [event.stage] : []));
    expect(stages).toEqual(['read', 'encoder', 'tokenize', 'embed', 'head', 'train', 'evaluate', 'save']);
    const training = events.filter((event) => event.kind === 'progress' && event.stage === 'train');
    expect(training.length).toBeGreaterThan(0);
    expect(training.at(-1)).toMatchObject({
      unit: 'steps',
      loss: expect.any(Number),
      tokensPerSecond: expect.any(Number),
    });
  });

  it('leaves a checkpoint when it is told to stop, and goes on to the same end', async () => {
    // Long enough to be stopped in the middle, however late the word arrives on a busy machine.
    const long = { patience: 0, optimizer: { epochs: 80, learningRate: 3e-3, tokensPerStep: 64 } };
    const straight = await runTrainingJob(recipe({ output: join(folder, 'straight'), ...long }));
    const abort = new AbortController();
    const events: TrainingEvent[] = [];
    const stopped = runTrainingJob(recipe(long), {
      signal: abort.signal,
      onEvent: (event) => {
        events.push(event);
        if (event.kind === 'progress' && event.stage === 'train') abort.abort();
      },
    });
    await expect(stopped).rejects.toMatchObject({ code: 'cancelled' });
    expect(events.at(-1)).toMatchObject({ kind: 'checkpoint', folder: join(folder, 'model.checkpoint') });
    const resumed = await runTrainingJob(recipe(long), { resume: true });
    expect(resumed.test).toEqual(straight.test);
    const weights = await Promise.all(
      ['straight', 'model'].map((name) => readFile(join(folder, name, 'model.safetensors'))),
    );
    expect(weights[0]!.equals(weights[1]!)).toBe(true);
    expect(await readdir(folder)).not.toContain('model.checkpoint');
  });

  it('trains eagerly on wasm, and goes on from a checkpoint to the same end', async () => {
    const wasm: Partial<RecipeInput> = {
      device: 'wasm',
      patience: 0,
      evaluationsPerEpoch: 2,
      optimizer: { epochs: 8 },
    };
    const straight = await runTrainingJob(recipe({ output: join(folder, 'straight'), ...wasm }));
    expect(straight.test!.figures['accuracy']).toBeGreaterThan(0.8);
    const abort = new AbortController();
    const stopped = runTrainingJob(recipe(wasm), {
      signal: abort.signal,
      onEvent: (event) => event.kind === 'evaluation' && event.step > 0 && abort.abort(),
    });
    await expect(stopped).rejects.toMatchObject({ code: 'cancelled' });
    const resumed = await runTrainingJob(recipe(wasm), { resume: true });
    expect(resumed.test).toEqual(straight.test);
    const weights = await Promise.all(
      ['straight', 'model'].map((name) => readFile(join(folder, name, 'model.safetensors'))),
    );
    expect(weights[0]!.equals(weights[1]!)).toBe(true);
  });

  it.skipIf(!hasTensorflow)('trains on TensorFlow (needs `taxon engine install tensorflow`)', async () => {
    const native = await runTrainingJob(recipe({ output: join(folder, 'native'), precision: 'fp32' }));
    const losses: number[] = [];
    const { test } = await runTrainingJob(recipe({ device: 'tensorflow' }), {
      onEvent: (event) => event.kind === 'evaluation' && event.split === 'validation' && losses.push(event.loss),
    });
    expect(test!.figures['accuracy']).toBeCloseTo(native.test!.figures['accuracy']!, 1);
    expect(losses.length).toBeGreaterThan(1);
  });

  it('refuses a device without what it needs before it reads anything, and says what to run', async () => {
    vi.stubEnv('TAXON_CACHE', join(folder, 'cache'));
    for (const [device, flag] of [
      ['tensorflow', ''],
      ['tensorflow-gpu', ' --gpu'],
    ] as const)
      await expect(runTrainingJob(recipe({ device }))).rejects.toMatchObject({
        code: 'failed_precondition',
        message: expect.stringMatching(
          `device: '${device}' needs the TensorFlow engine, which is not installed: ${folder}`,
        ),
        hint: `Run \`taxon engine install tensorflow${flag}\`, or leave device at auto.`,
      });
    vi.unstubAllEnvs();
    await expect(runTrainingJob(recipe({ device: 'wasm', precision: 'int8' }))).rejects.toMatchObject({
      code: 'invalid_input',
      message: 'precision: int8 is for device cpu alone, the device is wasm',
    });
    expect((await readdir(folder)).sort()).toEqual(['data.csv', 'encoder']);
  });

  it('loses no training when the model cannot be saved: --resume saves it', async () => {
    const straight = await runTrainingJob(recipe({ output: join(folder, 'straight') }));
    const target = join(folder, 'model');
    const blocked = runTrainingJob(recipe(), {
      onEvent: (event) => {
        // Somebody else's folder appears where the model is to go.
        if (event.kind === 'checkpoint') {
          mkdirSync(target);
          writeFileSync(join(target, 'theirs'), '');
        }
      },
    });
    await expect(blocked).rejects.toMatchObject({ code: 'already_exists' });
    await rm(target, { recursive: true });
    const stages: string[] = [];
    const { test } = await runTrainingJob(recipe(), {
      resume: true,
      onEvent: (event) => event.kind === 'progress' && event.stage === 'train' && stages.push(event.stage),
    });
    expect(stages).toEqual([]); // nothing was trained again
    expect(test).toEqual(straight.test);
    expect((await readdir(folder)).sort()).toEqual(['data.csv', 'encoder', 'model', 'straight']);
  });

  it('passes the error on, with its code and nothing written', async () => {
    await writeFile(join(folder, 'data.csv'), 'text,label\na,x\nb,x\n');
    await expect(runTrainingJob(recipe())).rejects.toMatchObject({
      code: 'invalid_input',
      message: expect.stringContaining('one class only'),
    });
    await expect(runTrainingJob(recipe(), { resume: true })).rejects.toMatchObject({ code: 'failed_precondition' });
    expect((await readdir(folder)).sort()).toEqual(['data.csv', 'encoder']);
  });

  it('refuses a folder that is not its own before it trains', async () => {
    await expect(runTrainingJob(recipe({ output: join(folder, 'encoder') }))).rejects.toMatchObject({
      code: 'already_exists',
    });
  });

  it('scores a label that only the test file has as an error, and says so', async () => {
    await writeFile(
      join(folder, 'test.csv'),
      'text,label\nmy card was lost,lost\nwhat is the rate today,rate\nopen the pod,strange\n',
    );
    const notices: string[] = [];
    const data = { train: join(folder, 'data.csv'), test: join(folder, 'test.csv') };
    const { test } = await runTrainingJob(recipe({ data }), {
      onEvent: (event) => event.kind === 'notice' && notices.push(event.message),
    });
    expect(test!.n).toBe(3);
    expect(test!.figures['accuracy']).toBeLessThanOrEqual(2 / 3);
    expect(notices.join('\n')).toContain('"strange"');
  });

  it('leaves the caller’s event loop alone', async () => {
    const delay = monitorEventLoopDelay({ resolution: 1 });
    delay.enable();
    await runTrainingJob(recipe());
    delay.disable();
    expect(delay.percentile(99) / 1e6).toBeLessThan(20);
  });
});
