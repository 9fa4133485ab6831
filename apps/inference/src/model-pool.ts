import { ModelState } from '@taxon/contracts';
import { TaxonError } from '@taxon/errors';
import type { Classifier, ClassifyOptions, Prediction, TextInput } from '@taxon/models';
import type { RegisteredModel } from '@taxon/registry';
import type { InferenceMetrics } from './metrics.ts';

/** A model in memory. */
export interface LoadedModel {
  readonly classifier: Classifier;
  readonly loadedAt: Date;
  /** As the classifier does, which itself puts texts of concurrent calls into common batches; counted and timed. */
  classify(texts: readonly TextInput[], options: ClassifyOptions): Promise<Prediction[]>;
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
}

interface Slot {
  loading: Promise<LoadedModel>;
  entry: PoolEntry;
}

const available: PoolEntry = { state: ModelState.MODEL_STATE_AVAILABLE, loaded: undefined, problem: '' };

const measured = (model: string, classifier: Classifier, metrics: InferenceMetrics): LoadedModel => ({
  classifier,
  loadedAt: new Date(),
  classify: async (texts, options) => {
    metrics.requestTexts.observe({ model }, texts.length);
    const end = metrics.seconds.startTimer({ model });
    const predictions = await classifier.classify(texts, options);
    end();
    metrics.texts.inc({ model }, texts.length);
    metrics.tokens.inc(
      { model },
      predictions.reduce((sum, { tokens }) => sum + tokens, 0),
    );
    metrics.truncated.inc({ model }, predictions.filter(({ truncated }) => truncated).length);
    return predictions;
  },
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
    return measured(name, classifier, metrics);
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
