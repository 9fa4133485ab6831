import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { credentials, type ServiceError } from '@grpc/grpc-js';
import {
  StartTrainingRequest,
  TrainerClient,
  type GetTrainingResponse,
  type StartTrainingResponse,
  type WatchTrainingResponse,
} from '@taxon/contracts';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { writeTrainingFolder } from './testing.ts';

const bundle = fileURLToPath(new URL('../dist/main.js', import.meta.url));

interface Service {
  client: InstanceType<typeof TrainerClient>;
  process: ChildProcess;
  /** Ends the process by a signal and waits for its end. */
  end(signal: NodeJS.Signals): Promise<void>;
}

const startService = (folder: string): Promise<Service> =>
  new Promise((resolve, reject) => {
    const folders = ['--data-folder', folder, '--models-folder', join(folder, 'models')];
    const args = [bundle, '--port', '0', '--metrics-port', '0', ...folders];
    const child = spawn(process.execPath, args, { env: { PATH: process.env['PATH'] } });
    const closed = new Promise<void>((over) => child.on('close', () => over()));
    child.on('error', reject);
    child.stdout.on('data', (data: Buffer) => {
      for (const line of data.toString().split('\n').filter(Boolean)) {
        const { state, port } = JSON.parse(line) as { state?: string; port?: number };
        if (state !== 'ready') continue;
        const client = new TrainerClient(`127.0.0.1:${port!}`, credentials.createInsecure());
        const end = async (signal: NodeJS.Signals): Promise<void> => {
          client.close();
          child.kill(signal);
          await closed;
        };
        resolve({ client, process: child, end });
      }
    });
  });

const ask = <Response>(call: (done: (error: ServiceError | null, response: Response) => void) => unknown) =>
  new Promise<Response>((resolve, reject) => {
    call((error, response) => {
      if (error === null) resolve(response);
      else reject(error);
    });
  });

describe.skipIf(!existsSync(bundle))('a trainer that is killed (skipped where it is not built)', () => {
  let folder = '';
  let service: Service;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'taxon-restart-'));
    await writeTrainingFolder(folder);
    service = await startService(folder);
  });
  afterEach(async () => {
    await service.end('SIGTERM');
    await rm(folder, { recursive: true });
  });

  const start = async (resume: boolean): Promise<string> => {
    const recipe = {
      ...{ data: { train: 'data.csv' }, encoder: join(folder, 'encoder'), output: 'model', threads: 1, patience: 0 },
      ...{ optimizer: { epochs: 60, learningRate: 3e-3, tokensPerStep: 64 }, checkpoint: { updates: 20 } },
    };
    const request = StartTrainingRequest.fromPartial({ recipe, resume });
    return (await ask<StartTrainingResponse>((done) => service.client.startTraining(request, done))).trainingId;
  };
  const get = async (trainingId: string) =>
    (await ask<GetTrainingResponse>((done) => service.client.getTraining({ trainingId }, done))).training!;
  const eventsOf = (trainingId: string, afterSequence = 0n) =>
    service.client.watchTraining({ trainingId, afterSequence }) as AsyncIterable<WatchTrainingResponse>;

  it('shows the training as interrupted afterwards, tells its watchers, and goes on with it', async () => {
    const id = await start(false);
    let last = 0n;
    for await (const { event, sequence } of eventsOf(id)) {
      last = sequence;
      if (event?.$case === 'progress' && event.value.stage === 'STAGE_TRAIN' && event.value.done > 40n) break;
    }
    await service.end('SIGKILL');
    service = await startService(folder);
    expect(await get(id)).toMatchObject({
      state: 'TRAINING_STATE_INTERRUPTED',
      error: { code: 14, message: 'the trainer ended while this training ran' },
      recipe: { optimizer: { epochs: 60 } },
    });
    const heard: WatchTrainingResponse[] = [];
    for await (const event of eventsOf(id, last)) heard.push(event);
    expect(heard).toMatchObject([{ event: { $case: 'stateChange', value: { state: 'TRAINING_STATE_INTERRUPTED' } } }]);
    // The training's process has noticed that nobody wants its result, and leaves a checkpoint.
    await expect.poll(async () => (await get(id)).resumable).toBe(true);
    const again = await start(true);
    let state: string | undefined;
    for await (const { event } of eventsOf(again)) if (event?.$case === 'stateChange') state = event.value.state;
    expect(state).toBe('TRAINING_STATE_SUCCEEDED');
    expect((await readdir(join(folder, 'models'))).sort()).toEqual(['.jobs', 'model']);
  });
});
