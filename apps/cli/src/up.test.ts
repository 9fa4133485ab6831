import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { credentials, type ServiceError } from '@grpc/grpc-js';
import { augmenterService } from '@taxon/app-augmenter';
import { distillerService } from '@taxon/app-distiller';
import { inferenceService } from '@taxon/app-inference';
import { tokenizerService } from '@taxon/app-tokenizer';
import { trainerService } from '@taxon/app-trainer';
import {
  ClassifyRequest,
  InferenceClient,
  StartTrainingRequest,
  TokenizerClient,
  TokenizeRequest,
  TrainerClient,
  type ClassifyResponse,
  type StartTrainingResponse,
  type TokenizeResponse,
  type WatchTrainingResponse,
} from '@taxon/contracts';
import { writeEncoderFolder } from '@taxon/models/testing';
import { hostServices, type Host } from '@taxon/service';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const phrases = {
  lost: ['my card was lost', 'lost card please help', 'card lost what now', 'a lost card', 'help my new card was lost'],
  rate: ['what is the rate today', 'today rate please', 'the rate of money', 'is the rate new', 'what rate is it'],
};

const csv = [
  'text,label',
  ...Object.entries(phrases).flatMap(([label, texts]) =>
    texts.flatMap((text) => Array.from('abcdefghij', (letter) => `"${text} ${letter}",${label}`)),
  ),
].join('\n');

type Callback<Response> = (error: ServiceError | null, response: Response) => void;

const answer = <Response>(ask: (callback: Callback<Response>) => unknown): Promise<Response> =>
  new Promise((resolve, reject) => {
    ask((error, response) => {
      if (error === null) resolve(response);
      else reject(error);
    });
  });

describe('all services in one process', () => {
  let folder = '';
  let host: Host;
  let address = '';
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'taxon-up-'));
    await writeEncoderFolder(join(folder, 'encoder'));
    await writeFile(join(folder, 'data.csv'), csv);
    const modelsFolder = join(folder, 'models');
    host = await hostServices(
      [tokenizerService, augmenterService, trainerService, distillerService, inferenceService],
      {
        settings: {
          server: { port: 0, metricsPort: 0, logLevel: 'silent' },
          tokenizer: { encoder: join(folder, 'encoder') },
          augmenter: { dataFolder: folder, outputFolder: folder, modelsFolder },
          trainer: { dataFolder: folder, modelsFolder },
          distiller: { dataFolder: folder, modelsFolder },
          inference: { modelsFolder, threads: 1 },
        },
      },
    );
    address = `127.0.0.1:${host.port}`;
  });
  afterEach(async () => {
    await host.stop();
    await rm(folder, { recursive: true });
  });

  const train = async (): Promise<WatchTrainingResponse[]> => {
    const trainer = new TrainerClient(address, credentials.createInsecure());
    const recipe = {
      data: { train: 'data.csv' },
      encoder: join(folder, 'encoder'),
      output: 'cards',
      threads: 1,
      patience: 0,
      optimizer: { epochs: 20, learningRate: 3e-3, tokensPerStep: 64 },
    };
    const { trainingId } = await answer<StartTrainingResponse>((done) =>
      trainer.startTraining(StartTrainingRequest.fromPartial({ recipe }), done),
    );
    const events: WatchTrainingResponse[] = [];
    const stream = trainer.watchTraining({ trainingId, afterSequence: 0n });
    for await (const event of stream as AsyncIterable<WatchTrainingResponse>) events.push(event);
    trainer.close();
    return events;
  };

  it('trains over gRPC, serves what was trained, and never blocks its event loop', async () => {
    const delay = monitorEventLoopDelay({ resolution: 1 });
    delay.enable();
    const events = await train();
    expect(events.at(-1)?.event).toMatchObject({ $case: 'stateChange', value: { state: 'TRAINING_STATE_SUCCEEDED' } });
    expect(events.some(({ event }) => event?.$case === 'progress')).toBe(true);

    const inference = new InferenceClient(address, credentials.createInsecure());
    const texts = ['my card was lost a', 'what is the rate today c'];
    const classify = (some: string[]) =>
      answer<ClassifyResponse>((done) =>
        inference.classify(ClassifyRequest.fromPartial({ texts: some, model: 'cards', topK: 1 }), done),
      );
    const { predictions } = await classify(texts);
    expect(predictions.map(({ labels }) => labels[0]?.label)).toEqual(['lost', 'rate']);
    for (let i = 0; i < 20; i++) await classify(Array.from({ length: 100 }, (_, k) => texts[k % 2]!));
    delay.disable();
    inference.close();
    // Loading of modules and models included; single outliers are the machine's, so not the very longest is taken.
    expect(delay.percentile(99) / 1e6).toBeLessThan(20);
  });

  it('tokenizes as training does, and counts each service in one scrape', async () => {
    const tokenizer = new TokenizerClient(address, credentials.createInsecure());
    const request = TokenizeRequest.fromPartial({ texts: ['my card'] });
    const response = await answer<TokenizeResponse>((done) => tokenizer.tokenize(request, done));
    tokenizer.close();
    expect(JSON.stringify(response)).toContain('ids');
    const scrape = await (await fetch(`http://127.0.0.1:${host.metricsPort}/metrics`)).text();
    for (const name of [
      'taxon_tokenizer_',
      'taxon_augmenter_',
      'taxon_trainer_',
      'taxon_distiller_',
      'taxon_inference_',
      'taxon_grpc_requests_total',
    ])
      expect(scrape).toContain(name);
  });
});
