import type { PredictionMade } from '@taxon/contracts';
import { createEvent } from '@taxon/events';
import type { Prediction, TextInput } from '@taxon/models';
import { answersOf, embeddingOfPrediction } from './answers.ts';
import type { EventOutbox } from './event-outbox.ts';
import type { LoadedModel } from './loaded-model.ts';
import type { InferenceMetrics } from './metrics.ts';

export interface SamplingOptions {
  /** 0..1 */
  rate: number;
  texts: boolean;
  embeddings: boolean;
  outbox: EventOutbox;
  source: string;
  metrics: InferenceMetrics;
  /** 0 … 1. @default Math.random */
  random?: () => number;
}

/** One call's answers, before and after they are sent. */
export interface SampledCall {
  /** Places of the call's texts that are sampled. */
  readonly places: readonly number[];
  /** Whether all labels are needed, whatever the caller asked for. */
  readonly wantsAllLabels: boolean;
  /** Publishes the sampled answers, and lets the shadow answer them too. Returns at once, never throws. */
  publish(answered: {
    model: LoadedModel;
    shadow: LoadedModel | undefined;
    inputs: readonly TextInput[];
    ids: readonly string[];
    predictions: readonly Prediction[];
  }): void;
}

/** Texts that may wait for a shadow: it must not take the machine from those whom somebody waits for. */
const shadowTexts = 256;

export interface Sampling {
  begin(texts: number): SampledCall;
  /** Resolves when no shadow answers. */
  idle(): Promise<void>;
}

/** Chooses answers at random, text by text, and publishes what they were. */
export const createSampling = (options: SamplingOptions): Sampling => {
  const { rate, outbox, source, metrics, random = Math.random } = options;
  const underway = new Set<Promise<void>>();
  let waiting = 0;

  const made = (model: LoadedModel, input: TextInput, id: string, prediction: Prediction, shadow: boolean) => {
    const { text, pair } = typeof input === 'string' ? { text: input, pair: undefined } : input;
    const { space } = model.classifier;
    const data: PredictionMade = {
      predictionId: id,
      model: model.name,
      version: model.version,
      ...(options.texts ? { text, pair } : { text: '' }),
      answers: answersOf(prediction, space),
      samplingRate: rate,
      embedding: options.embeddings ? embeddingOfPrediction(prediction, space) : [],
      shadow,
    };
    // Published twice, it is one event: its effect is one.
    return createEvent('taxon.prediction.made', data, { source, id: shadow ? `${id}/shadow-${model.version}` : id });
  };

  const askShadow = async (
    shadow: LoadedModel,
    inputs: readonly TextInput[],
    ids: readonly string[],
  ): Promise<void> => {
    const outcome = (name: 'answered' | 'skipped' | 'failed'): void =>
      metrics.shadowTexts.inc({ model: shadow.name, outcome: name }, inputs.length);
    if (waiting + inputs.length > shadowTexts) return outcome('skipped');
    waiting += inputs.length;
    try {
      const predictions = await shadow.classify(inputs, options.embeddings ? {} : { topK: 1 });
      predictions.forEach((prediction, i) => outbox.push(made(shadow, inputs[i]!, ids[i]!, prediction, true)));
      outcome('answered');
    } catch {
      // What nobody sees may fail; the metric tells.
      outcome('failed');
    } finally {
      waiting -= inputs.length;
    }
  };

  return {
    begin: (texts) => {
      const places = Array.from({ length: texts }, (_, i) => i).filter(() => random() < rate);
      return {
        places,
        wantsAllLabels: options.embeddings && places.length > 0,
        publish: ({ model, shadow, inputs, ids, predictions }) => {
          if (places.length === 0) return;
          for (const i of places) outbox.push(made(model, inputs[i]!, ids[i]!, predictions[i]!, false));
          if (shadow === undefined) return;
          const asked = askShadow(
            shadow,
            places.map((i) => inputs[i]!),
            places.map((i) => ids[i]!),
          ).finally(() => underway.delete(asked));
          underway.add(asked);
        },
      };
    },
    idle: async () => {
      await Promise.allSettled([...underway]);
    },
  };
};
