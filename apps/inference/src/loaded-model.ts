import { TaxonError } from '@taxon/errors';
import type { Classifier, ClassifyOptions, Prediction, TextInput } from '@taxon/models';
import type { InferenceMetrics } from './metrics.ts';
import type { Checkout } from './model-source.ts';

/** A version of a model in memory. */
export interface LoadedModel {
  readonly name: string;
  readonly version: number;
  readonly classifier: Classifier;
  readonly loadedAt: Date;
  /**
   * As the classifier does, which itself puts texts of concurrent calls into common batches; counted and timed. Called in the turn in
   * which the model was handed out: later it may be retired.
   */
  classify(texts: readonly TextInput[], options: ClassifyOptions): Promise<Prediction[]>;
  /** Waits for the calls under way, then gives everything free. May be called twice. */
  retire(): Promise<void>;
}

/** The first run of a program takes longer than the others; no caller should wait for it. */
const warmUp = async (classifier: Classifier): Promise<void> => {
  try {
    await classifier.classify(['warm up']);
  } catch (error) {
    if (TaxonError.from(error).code !== 'invalid_input') throw error;
    await classifier.classify([{ text: 'warm', pair: 'up' }]);
  }
};

export interface LoadOptions {
  name: string;
  checkout: Checkout;
  load: (folder: string) => Promise<Classifier>;
  metrics: InferenceMetrics;
}

/**
 * Loads a version into a worker of its own and warms it up. What was checked out is released where that fails.
 * @throws what `load` throws
 */
export const loadModel = async ({ name, checkout, load, metrics }: LoadOptions): Promise<LoadedModel> => {
  const end = metrics.loadSeconds.startTimer();
  let classifier: Classifier | undefined;
  try {
    classifier = await load(checkout.folder);
    await warmUp(classifier);
  } catch (error) {
    metrics.loads.inc({ model: name, outcome: 'failed' });
    await Promise.allSettled([classifier?.dispose(), checkout.release()]);
    throw error;
  }
  end();
  metrics.loads.inc({ model: name, outcome: 'loaded' });
  metrics.loaded.inc();
  return inMemory(name, checkout, classifier, metrics);
};

const inMemory = (name: string, checkout: Checkout, classifier: Classifier, metrics: InferenceMetrics): LoadedModel => {
  const model = { model: name };
  let calls = 0;
  let idle: (() => void) | undefined;
  let retired: Promise<void> | undefined;
  const retire = async (): Promise<void> => {
    // Whoever was handed this model in this turn begins its call before the turn ends.
    await new Promise((resolve) => setImmediate(resolve));
    if (calls > 0) await new Promise<void>((resolve) => (idle = resolve));
    await Promise.allSettled([classifier.dispose(), checkout.release()]);
    metrics.loaded.dec();
  };
  return {
    name,
    version: checkout.version,
    classifier,
    loadedAt: new Date(),
    classify: async (texts, options) => {
      calls += 1;
      try {
        metrics.requestTexts.observe(model, texts.length);
        const end = metrics.seconds.startTimer(model);
        const predictions = await classifier.classify(texts, options);
        end();
        metrics.texts.inc(model, texts.length);
        metrics.tokens.inc(
          model,
          predictions.reduce((sum, { tokens }) => sum + tokens, 0),
        );
        metrics.truncated.inc(model, predictions.filter(({ truncated }) => truncated).length);
        return predictions;
      } finally {
        calls -= 1;
        if (calls === 0) idle?.();
      }
    },
    retire: () => (retired ??= retire()),
  };
};
