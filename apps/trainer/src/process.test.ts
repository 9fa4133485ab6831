import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { credentials, type ServiceError } from '@grpc/grpc-js';
import {
  GetTrainingRequest,
  StartTrainingRequest,
  TrainerClient,
  type GetTrainingResponse,
  type Recipe,
  type StartTrainingResponse,
  type Training,
  type WatchTrainingResponse,
} from '@taxon/contracts';
import { hostServices, type Host } from '@taxon/service';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { trainerService } from './service.ts';
import { childrenThatRun, writeTrainingFolder } from './testing.ts';

/** Long enough to be stopped in the middle on any machine. */
const long = { epochs: 1000, learningRate: 3e-3, tokensPerStep: 64 };

describe('a training in a process of its own', () => {
  let folder = '';
  let host: Host;
  let client: InstanceType<typeof TrainerClient>;

  const serve = async () => {
    host = await hostServices([trainerService], {
      settings: {
        trainer: {
          ...{ port: 0, metricsPort: 0, logLevel: 'silent' },
          ...{ dataFolder: folder, modelsFolder: join(folder, 'models') },
        },
      },
    });
    client = new TrainerClient(`127.0.0.1:${host.port}`, credentials.createInsecure());
  };
  const stop = async () => {
    client.close();
    await host.stop();
  };
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'taxon-process-'));
    await writeTrainingFolder(folder);
    await serve();
  });
  afterEach(async () => {
    await stop();
    await rm(folder, { recursive: true });
  });

  const ask = <Response>(call: (done: (error: ServiceError | null, response: Response) => void) => unknown) =>
    new Promise<Response>((resolve, reject) => {
      call((error, response) => {
        if (error === null) resolve(response);
        else reject(error);
      });
    });
  const start = async (changes: object, resume = false): Promise<string> => {
    const recipe = {
      ...{ data: { train: 'data.csv' }, encoder: join(folder, 'encoder'), output: 'model', threads: 1, patience: 0 },
      ...changes,
    };
    const request = StartTrainingRequest.fromPartial({ recipe, resume });
    return (await ask<StartTrainingResponse>((done) => client.startTraining(request, done))).trainingId;
  };
  const get = async (trainingId: string): Promise<Training> => {
    const request = GetTrainingRequest.fromPartial({ trainingId });
    return (await ask<GetTrainingResponse>((done) => client.getTraining(request, done))).training!;
  };
  /** Follows a training to its end; `act` is called once, at the first event that it is to act at. */
  const watch = async (
    trainingId: string,
    at: (event: WatchTrainingResponse['event']) => boolean = () => false,
    act: () => void = () => undefined,
  ) => {
    const events: WatchTrainingResponse['event'][] = [];
    let acted = false;
    const stream = client.watchTraining({ trainingId, afterSequence: 0n }) as AsyncIterable<WatchTrainingResponse>;
    for await (const { event } of stream) {
      events.push(event);
      if (!acted && at(event)) {
        acted = true;
        act();
      }
    }
    return events;
  };
  const trains = (event: WatchTrainingResponse['event']): boolean =>
    event?.$case === 'progress' && event.value.stage === 'STAGE_TRAIN';

  /** Cancels at an event, and tells how long it took until the training had ended, milliseconds. */
  const cancelAt = async (trainingId: string, at: typeof trains) => {
    let asked = 0;
    const events = await watch(trainingId, at, () => {
      asked = performance.now();
      client.cancelTraining({ trainingId }, () => undefined);
    });
    return { events, took: performance.now() - asked };
  };

  it('ends within 2 s of being cancelled, with a checkpoint, and is resumed from it', async () => {
    const id = await start({ optimizer: long });
    const { events, took } = await cancelAt(id, trains);
    expect(events.slice(-2).map((event) => event?.$case)).toEqual(['checkpoint', 'stateChange']);
    // The bound is a promise of the service, not a measure of this machine.
    expect(took).toBeLessThan(2000);
    expect(await get(id)).toMatchObject({ state: 'TRAINING_STATE_CANCELLED', resumable: true });
    expect(await readdir(join(folder, 'models'))).toEqual(['.jobs', 'model.checkpoint']);
    const again = await start({ optimizer: long }, true);
    const stages = await cancelAt(again, trains);
    expect(stages.events.some((event) => event?.$case === 'stageStart' && event.value.stage === 'STAGE_TRAIN')).toBe(
      true,
    );
  });

  it('ends so in the middle of a plan of many trainings, and starts none of the others', async () => {
    const id = await start({ optimizer: { ...long, epochs: 30 }, search: { trials: 50 } });
    const second = (event: WatchTrainingResponse['event']): boolean =>
      event?.$case === 'stageStart' && event.value.training?.number === 2 && event.value.stage === 'STAGE_TRAIN';
    const { events, took } = await cancelAt(id, second);
    expect(took).toBeLessThan(2000);
    const numbers = events.flatMap((event) =>
      event?.$case === 'stageStart' ? [event.value.training?.number ?? 0] : [],
    );
    expect(Math.max(...numbers)).toBe(2);
    expect(await get(id)).toMatchObject({ state: 'TRAINING_STATE_CANCELLED', resumable: true });
    expect(await readdir(join(folder, 'models'))).toEqual(['.jobs', 'model.checkpoint']);
  });

  it('fails when its process is killed, leaves the next one alone, and goes on from its last checkpoint', async () => {
    const checkpointed = { optimizer: { ...long, epochs: 200 }, checkpoint: { updates: 20 } };
    const [id, next] = [await start(checkpointed), await start({ output: 'next', optimizer: { epochs: 1 } })];
    const afterCheckpoint = (event: WatchTrainingResponse['event']): boolean =>
      event?.$case === 'progress' && event.value.stage === 'STAGE_TRAIN' && event.value.done > 40n;
    const events = await watch(id, afterCheckpoint, () => {
      for (const pid of childrenThatRun('training-job')) process.kill(pid, 'SIGKILL');
    });
    expect(events.at(-1)).toMatchObject({
      value: {
        state: 'TRAINING_STATE_FAILED',
        error: { code: 13, message: expect.stringContaining('the training process ended by SIGKILL') },
      },
    });
    expect((await watch(next)).at(-1)).toMatchObject({ value: { state: 'TRAINING_STATE_SUCCEEDED' } });
    expect(await get(id)).toMatchObject({ resumable: true });
    const again = await start(checkpointed, true);
    expect((await watch(again)).at(-1)).toMatchObject({ value: { state: 'TRAINING_STATE_SUCCEEDED' } });
    await expect.poll(() => childrenThatRun('training-job')).toEqual([]);
  });

  it('is listed after a restart of the service, with its recipe, result or error', async () => {
    const id = await start({ optimizer: { epochs: 1 } });
    await watch(id);
    const before = await get(id);
    await stop();
    await serve();
    expect(await get(id)).toEqual(before);
    expect(before.recipe as Recipe).toMatchObject({ output: join(folder, 'models/model') });
    expect((await watch(id)).map((event) => event?.$case)).toEqual(['stateChange']);
    await expect(start({ optimizer: { epochs: 1 } })).resolves.toBeDefined();
  });
});
