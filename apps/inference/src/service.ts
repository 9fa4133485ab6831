import {
  inferenceContract,
  TaskKind,
  type ClassifyRequest,
  type ClassifyResponse,
  type Model,
  type Prediction as PredictionMessage,
} from '@taxon/contracts';
import { invalidInput } from '@taxon/errors';
import { loadClassifier, type Prediction, type TextInput } from '@taxon/models';
import { openModelRegistry, type ModelRegistry } from '@taxon/registry';
import { defineService, type CallContext } from '@taxon/service';
import { z } from 'zod';
import { mapOrdered } from './map-ordered.ts';
import { createMetrics } from './metrics.ts';
import { createModelPool, type ModelPool } from './model-pool.ts';

const config = z.object({
  models: z.array(z.string().min(1)).default([]).describe('NAME=PATH or PATH of model folders, loaded at the start'),
  modelsFolder: z
    .string()
    .min(1)
    .default('models')
    .describe('folder of model folders, each loaded when it is first asked for'),
  maxTexts: z.int().min(1).default(1024).describe('texts a request'),
  streamRequests: z.int().min(1).default(16).describe('messages of one stream that may be under way at once'),
  threads: z.int().min(0).max(1024).default(0).describe('threads a model; 0 for as many as the machine has'),
});
type Config = z.output<typeof config>;

const fieldError = (field: string, description: string) =>
  invalidInput(`${field}: ${description}`, undefined, [{ field, description }]);

const checkRequest = ({ texts, pairs, topK }: ClassifyRequest, { maxTexts }: Config): void => {
  if (texts.length === 0) throw fieldError('texts', 'empty; at least one text is needed');
  if (texts.length > maxTexts)
    throw fieldError('texts', `${texts.length} texts are more than the limit ${maxTexts} (maxTexts)`);
  if (pairs.length > 0 && pairs.length !== texts.length)
    throw fieldError('pairs', `${pairs.length} second texts for ${texts.length} texts; one each, or none at all`);
  if (topK === 0) throw fieldError('top_k', '0; at least 1, or absent for all labels');
};

const taskKinds = {
  'single-label': TaskKind.TASK_KIND_SINGLE_LABEL,
  'multi-label': TaskKind.TASK_KIND_MULTI_LABEL,
} as const;

/** The only task of a model is told once. */
const toPredictionMessage = ({ labels, answer, tasks, tokens, truncated }: Prediction): PredictionMessage => ({
  labels,
  answer,
  tasks: tasks.length > 1 ? tasks : [],
  tokens,
  truncated,
});

const inputsOf = ({ texts, pairs }: ClassifyRequest): TextInput[] =>
  pairs.length === 0 ? texts : texts.map((text, i) => ({ text, pair: pairs[i]! }));

const createClassify =
  (config: Config, registry: ModelRegistry, pool: ModelPool) =>
  async (request: ClassifyRequest, { signal }: CallContext): Promise<ClassifyResponse> => {
    checkRequest(request, config);
    const model = await registry.resolve(request.model);
    const loaded = await pool.get(model);
    const predictions = await loaded.classify(inputsOf(request), { topK: request.topK, signal });
    return { predictions: predictions.map(toPredictionMessage), model: model.name };
  };

const listModels = async (registry: ModelRegistry, pool: ModelPool): Promise<Model[]> =>
  (await registry.list()).map(({ name }) => {
    const { state, loaded, problem } = pool.describe(name);
    return {
      name,
      state,
      labels: [...(loaded?.classifier.labels ?? [])],
      tasks: (loaded?.classifier.space.tasks ?? []).map((task) => ({ ...task, kind: taskKinds[task.kind] })),
      maxLength: loaded?.classifier.maxLength ?? 0,
      loadedAt: loaded?.loadedAt,
      problem,
    };
  });

/** Serves models from folders. */
export const inferenceService = defineService({
  name: 'inference',
  description: 'classifies texts with trained models',
  contracts: { inference: inferenceContract },
  config,
  metrics: createMetrics,
  start: async ({ config, metrics, log, signal }) => {
    const registry = openModelRegistry({ folder: config.modelsFolder, models: config.models });
    const pool = createModelPool({
      load: (folder) => loadClassifier(folder, { threads: config.threads, signal }),
      metrics,
    });
    try {
      await Promise.all(
        registry.given.map(async (model) => {
          const { classifier } = await pool.get(model);
          log.info({ model: model.name, folder: model.folder, labels: classifier.labels.length }, 'model loaded');
        }),
      );
    } catch (error) {
      await pool.dispose();
      throw error;
    }
    const classify = createClassify(config, registry, pool);
    return {
      implementations: {
        inference: {
          classify,
          classifyStream: (requests, context) =>
            mapOrdered(requests, config.streamRequests, (request) => classify(request, context)),
          listModels: async () => ({ models: await listModels(registry, pool) }),
        },
      },
      dispose: () => pool.dispose(),
    };
  },
});
