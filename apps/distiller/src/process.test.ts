import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { credentials } from '@grpc/grpc-js';
import { trainerService } from '@taxon/app-trainer';
import { childrenThatRun } from '@taxon/app-trainer/testing';
import {
  StartCompressionRequest,
  StartTrainingRequest,
  TrainerClient,
  type GetTrainingResponse,
  type StartCompressionResponse,
  type StartTrainingResponse,
} from '@taxon/contracts';
import { hostServices, type Host } from '@taxon/service';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { distillerService } from './service.ts';
import { ask, casesOf, connect, writeData, writeTeacher, type Event } from './testing.ts';

const compressionEntry = fileURLToPath(new URL('../dist/compression-job.js', import.meta.url));

/** Long enough to be stopped in the middle on any machine. */
const long = { epochs: 1000, learningRate: 3e-3, tokensPerStep: 64 };

describe('a distillation in a process of its own, hosted with a trainer', () => {
  let folder = '';
  let host: Host;
  let distiller: ReturnType<typeof connect>;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'taxon-distiller-'));
    const modelsFolder = join(folder, 'models');
    await mkdir(modelsFolder);
    await writeTeacher(join(modelsFolder, 'teacher'), join(folder, 'encoder'));
    await writeData(folder);
    const folders = { dataFolder: folder, modelsFolder };
    host = await hostServices([trainerService, distillerService], {
      settings: {
        server: { port: 0, metricsPort: 0, logLevel: 'silent' },
        ...{ trainer: folders, distiller: folders },
      },
    });
    distiller = connect(host.port);
  });
  afterEach(async () => {
    distiller.client.close();
    await host.stop();
    await rm(folder, { recursive: true });
  });

  const start = (changes: object = {}, resume = false): Promise<string> => {
    const { recipe = {}, ...rest } = changes as { recipe?: object };
    const common = { data: { train: 'data.jsonl' }, output: 'student', threads: 1, precision: 'PRECISION_FP32' };
    return distiller.startDistillation(
      { teachers: [{ folder: 'teacher' }], student: { layers: 1 }, recipe: { ...common, ...recipe }, ...rest },
      resume,
    );
  };
  const trains = (event: Event): boolean =>
    event?.$case === 'progress' && event.value.stage === 'STAGE_TRAIN' && event.value.done > 40n;

  it('makes a student, while a training waits for its turn', async () => {
    const trainer = new TrainerClient(`127.0.0.1:${host.port}`, credentials.createInsecure());
    const id = await start({ recipe: { optimizer: { epochs: 3, tokensPerStep: 256 } } });
    const recipe = { data: { train: 'data.jsonl' }, encoder: join(folder, 'encoder'), output: 'trained', threads: 1 };
    const request = StartTrainingRequest.fromPartial({ recipe: { ...recipe, optimizer: { epochs: 1 } } });
    const { trainingId } = await ask<StartTrainingResponse>((done) => trainer.startTraining(request, done));
    const training = async () =>
      (await ask<GetTrainingResponse>((done) => trainer.getTraining({ trainingId }, done))).training!;
    expect(await training()).toMatchObject({ state: 'TRAINING_STATE_QUEUED', queuedBehind: 1 });
    // Nor may it write where the distillation does.
    const rival = StartTrainingRequest.fromPartial({ recipe: { ...recipe, output: 'student' } });
    await expect(ask((done) => trainer.startTraining(rival, done))).rejects.toMatchObject({
      code: 'already_exists',
      message: expect.stringContaining(`output: job ${id}`),
    });
    const events = await distiller.watch(id);
    expect(events.at(-1)).toMatchObject({ value: { state: 'JOB_STATE_SUCCEEDED' } });
    expect(events.some((event) => event?.$case === 'stageStart' && event.value.stage === 'STAGE_TEACHER')).toBe(true);
    expect(await distiller.get(id)).toMatchObject({
      result: {
        result: { value: { student: { layers: 1 }, studentModel: { tasks: [{ labels: ['close', 'lost', 'rate'] }] } } },
      },
    });
    expect(await readdir(join(folder, 'models'))).toContain('student');
    await expect.poll(async () => (await training()).state, { timeout: 30_000 }).toBe('TRAINING_STATE_SUCCEEDED');
    trainer.close();
  });

  it('ends within 2 s of being cancelled, and writes no model', async () => {
    const id = await start({ recipe: { optimizer: long } });
    let asked = 0;
    const events = await distiller.watch(id, trains, () => {
      asked = performance.now();
      distiller.client.cancelJob({ jobId: id }, () => undefined);
    });
    expect(performance.now() - asked).toBeLessThan(2000);
    expect(casesOf(events).slice(-2)).toEqual(['checkpoint', 'JOB_STATE_CANCELLED']);
    expect(await readdir(join(folder, 'models'))).not.toContain('student');
    expect(await distiller.get(id)).toMatchObject({ resumable: true });
  });

  it('fails when its process is killed, and goes on from its last checkpoint', async () => {
    const options = { recipe: { optimizer: { ...long, epochs: 100 }, checkpoint: { updates: 20 } } };
    const id = await start(options);
    const events = await distiller.watch(id, trains, () => {
      for (const pid of childrenThatRun('distillation-job')) process.kill(pid, 'SIGKILL');
    });
    expect(events.at(-1)).toMatchObject({
      value: {
        state: 'JOB_STATE_FAILED',
        error: { message: expect.stringContaining('the distillation process ended by SIGKILL') },
      },
    });
    expect(await distiller.get(id)).toMatchObject({ resumable: true });
    expect(await readdir(join(folder, 'models'))).not.toContain('student');
    const again = await start(options, true);
    expect((await distiller.watch(again)).at(-1)).toMatchObject({ value: { state: 'JOB_STATE_SUCCEEDED' } });
    expect((await readdir(join(folder, 'models'))).sort()).toEqual(['.jobs', 'student', 'teacher']);
  });

  it.skipIf(!existsSync(compressionEntry))('compresses a model (skipped where the app is not built)', async () => {
    const compression = { model: 'teacher', output: 'small', validation: { path: 'data.jsonl' }, threads: 1 };
    const compress = async (changes: object): Promise<string> => {
      const request = StartCompressionRequest.fromPartial({ compression: { ...compression, ...changes } });
      return (await ask<StartCompressionResponse>((done) => distiller.client.startCompression(request, done))).jobId;
    };
    const id = await compress({ maxLoss: 100 });
    const events = await distiller.watch(id);
    expect(events.at(-1)).toMatchObject({
      value: {
        state: 'JOB_STATE_SUCCEEDED',
        result: {
          result: {
            $case: 'compression',
            value: {
              ...{ modelFolder: join(folder, 'models/small'), validationTexts: 150, before: { form: 'float32' } },
              after: { form: 'int8', figures: { accuracy: expect.any(Number) } },
            },
          },
        },
      },
    });
    const stages = events.flatMap((event) => (event?.$case === 'stageStart' ? [event.value.stage] : []));
    expect(stages).toEqual(expect.arrayContaining(['STAGE_READ', 'STAGE_SCORE', 'STAGE_COMPRESS', 'STAGE_SAVE']));
    // What is compressed already is refused by the job, and nothing is written.
    const again = await compress({ model: 'small', output: 'smaller' });
    expect((await distiller.watch(again)).at(-1)).toMatchObject({
      value: { state: 'JOB_STATE_FAILED', error: { code: 3, message: expect.stringContaining('already compressed') } },
    });
    expect((await readdir(join(folder, 'models'))).sort()).toEqual(['.jobs', 'small', 'teacher']);
  });

  it('says which labels teacher and data do not share', async () => {
    await writeFile(
      join(folder, 'other.jsonl'),
      Array.from({ length: 60 }, (_, i) => JSON.stringify({ text: `text ${i}`, label: ['lost', 'new'][i % 2] })).join(
        '\n',
      ),
    );
    const id = await start({ recipe: { data: { train: 'other.jsonl' } } });
    const last = (await distiller.watch(id)).at(-1);
    expect(last).toMatchObject({
      value: { state: 'JOB_STATE_FAILED', error: { code: 3, message: expect.stringContaining('it lacks new') } },
    });
    const details = last?.$case === 'stateChange' ? (last.value.error?.details ?? []) : [];
    expect(details.map(({ typeUrl }) => typeUrl)).toContain('type.googleapis.com/google.rpc.BadRequest');
  });
});
