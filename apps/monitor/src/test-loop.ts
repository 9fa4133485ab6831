import { writeFile } from 'node:fs/promises';
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
  type AddRowsResponse,
  type ClassifyResponse,
  type GetStatusResponse,
  type PromoteResponse,
  type RequestTrainingResponse,
} from '@taxon/contracts';
import { createRandom } from '@taxon/data';
import type { EventBus } from '@taxon/events';
import { fromGrpcError, hostServices, type Host } from '@taxon/service';
import { keepDataParts, parseRecipe, runRecipe } from '@taxon/training';
import { monitorService } from './service.ts';

// Fixtures of the loop's tests: tiny models that are really trained, and the services by their contracts.

export const topics = {
  lost: ['card', 'my', 'pin', 'help'],
  rate: ['money', 'today', 'new', 'sent'],
  close: ['account', 'pay', 'please', 'twice'],
} as const;
export type Topic = keyof typeof topics;
const random = createRandom(7);
const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)]!;
export const about = (topic: Topic): string => Array.from({ length: 8 }, () => pick(topics[topic])).join(' ');

export const model = 'intents';
export const patience = { timeout: 30_000, interval: 50 };

export interface LabelledLine {
  text: string;
  label: string;
}

/**
 * Trains a model with its data kept with it.
 * @param root with `encoder` in it
 * @returns its folder
 */
export const trainModel = async (
  root: string,
  name: string,
  labelled: readonly LabelledLine[],
  validation: readonly LabelledLine[],
  epochs = 8,
): Promise<string> => {
  const write = async (part: string, rows: readonly object[]): Promise<string> => {
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
    optimizer: { epochs, learningRate: 3e-3, tokensPerStep: 256, keep: 1 },
  });
  // In this process: for so little work another one takes longer to start than to train.
  await runRecipe(recipe, { signal: new AbortController().signal, onEvent: () => undefined, resume: false });
  await keepDataParts(recipe.output, recipe);
  return recipe.output;
};
/** Half of each of two topics; labelled wrongly, if so wished. */
export const rowsOf = (count: number, wrong = false) =>
  Array.from({ length: count }, (_, i) => {
    const [topic, other] = i % 2 === 0 ? (['lost', 'rate'] as const) : (['rate', 'lost'] as const);
    return { text: about(topic), label: wrong ? other : topic };
  });

/** All three services in this process. */
export const startServices = (folder: string, bus: EventBus, monitor: Record<string, unknown> = {}): Promise<Host> => {
  const ports = { port: 0, metricsPort: 0, logLevel: 'silent' };
  const place = join(folder, 'registry');
  return hostServices([trainerService, inferenceService, monitorService], {
    settings: {
      server: ports,
      trainer: { registry: place, modelsFolder: join(folder, 'models'), dataFolder: folder },
      inference: { registry: place, modelsFolder: join(folder, 'none'), threads: 1, sampleRate: 1 },
      monitor: {
        ...{ registry: place, stateFolder: join(folder, 'monitor'), checkSeconds: 0.1, coolDownHours: 0 },
        ...{ drift: false, newRows: 1000, margin: 0.1, ...monitor },
      },
    },
    events: bus,
  });
};

/** Both services by their contracts. */
export const openClients = (inferenceAddress: string, monitorAddress = inferenceAddress) => {
  const inference = new InferenceClient(inferenceAddress, credentials.createInsecure());
  const watch = new MonitorClient(monitorAddress, credentials.createInsecure());
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
