import { ModelState } from '@taxon/contracts';
import { TaxonError } from '@taxon/errors';
import type { Classifier } from '@taxon/models';
import type { RegisteredModel } from '@taxon/registry';
import { createBatcher } from './batcher.ts';
import type { InferenceMetrics } from './metrics.ts';

/** A model in memory, with its queue. */
export interface LoadedModel {
  readonly classifier: Classifier;
  readonly loadedAt: Date;
  readonly classify: ReturnType<typeof createBatcher>;
}

export interface PoolEntry {
  readonly state: ModelState;
  readonly loaded: LoadedModel | undefined;
  readonly problem: string;
}

export interface ModelPool {
  /** The model in memory; loads it where it is not, once for all who wait. A load that failed is tried again. */
  get(model: RegisteredModel): Promise<LoadedModel>;
  describe(name: string): PoolEntry;
  dispose(): Promise<void>;
}

export interface ModelPoolOptions {
  load: (folder: string) => Promise<Classifier>;
  metrics: InferenceMetrics;
  /** Texts a batch. */
  batchTexts: number;
}

interface Slot {
  loading: Promise<LoadedModel>;
  entry: PoolEntry;
}

const available: PoolEntry = { state: ModelState.MODEL_STATE_AVAILABLE, loaded: undefined, problem: '' };

const withQueue = (name: string, classifier: Classifier, { metrics, batchTexts }: ModelPoolOptions): LoadedModel => ({
  classifier,
  loadedAt: new Date(),
  classify: createBatcher({
    maxTexts: batchTexts,
    onBatch: (requests, texts) => {
      metrics.batchRequests.observe({ model: name }, requests);
      metrics.batchTexts.observe({ model: name }, texts);
    },
    classify: async (texts, signal) => {
      const end = metrics.batchSeconds.startTimer({ model: name });
      const predictions = await classifier.classify(texts, { signal });
      end();
      metrics.texts.inc({ model: name }, texts.length);
      metrics.tokens.inc(
        { model: name },
        predictions.reduce((sum, { tokens }) => sum + tokens, 0),
      );
      metrics.truncated.inc({ model: name }, predictions.filter(({ truncated }) => truncated).length);
      return predictions;
    },
  }),
});

/** Keeps models in memory by name. */
export const createModelPool = (options: ModelPoolOptions): ModelPool => {
  const { metrics } = options;
  const slots = new Map<string, Slot>();
  let closed = false;

  const load = async ({ name, folder }: RegisteredModel): Promise<LoadedModel> => {
    const end = metrics.loadSeconds.startTimer();
    const classifier = await options.load(folder);
    end();
    return withQueue(name, classifier, options);
  };

  const begin = (model: RegisteredModel): Slot => {
    const slot: Slot = {
      loading: load(model),
      entry: { state: ModelState.MODEL_STATE_LOADING, loaded: undefined, problem: '' },
    };
    slots.set(model.name, slot);
    slot.loading.then(
      (loaded) => {
        slot.entry = { state: ModelState.MODEL_STATE_LOADED, loaded, problem: '' };
        metrics.loads.inc({ model: model.name, outcome: 'loaded' });
        metrics.loaded.inc();
      },
      (error: unknown) => {
        slot.entry = {
          state: ModelState.MODEL_STATE_FAILED,
          loaded: undefined,
          problem: TaxonError.from(error).message,
        };
        metrics.loads.inc({ model: model.name, outcome: 'failed' });
      },
    );
    return slot;
  };

  return {
    get: (model) => {
      if (closed) return Promise.reject(new TaxonError({ code: 'unavailable', message: 'the service has stopped' }));
      const slot = slots.get(model.name);
      const usable = slot !== undefined && slot.entry.state !== ModelState.MODEL_STATE_FAILED;
      return (usable ? slot : begin(model)).loading;
    },
    describe: (name) => slots.get(name)?.entry ?? available,
    dispose: async () => {
      closed = true;
      await Promise.allSettled([...slots.values()].map(({ loading }) => loading));
      await Promise.all([...slots.values()].map(async ({ entry }) => entry.loaded?.classifier.dispose()));
      metrics.loaded.set(0);
    },
  };
};
