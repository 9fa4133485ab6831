import { Counter, Gauge, Histogram, type Registry } from 'prom-client';

export const createMetrics = (registry: Registry) => {
  const registers = [registry];
  const labelNames = ['model'] as const;
  return {
    texts: new Counter({ name: 'taxon_inference_texts_total', help: 'Texts classified', labelNames, registers }),
    tokens: new Counter({
      name: 'taxon_inference_tokens_total',
      help: 'Tokens of the texts, after cutting',
      labelNames,
      registers,
    }),
    truncated: new Counter({
      name: 'taxon_inference_truncated_texts_total',
      help: 'Texts that were cut',
      labelNames,
      registers,
    }),
    requestTexts: new Histogram({
      name: 'taxon_inference_request_texts',
      help: 'Texts in a request',
      labelNames,
      buckets: [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024],
      registers,
    }),
    seconds: new Histogram({
      name: 'taxon_inference_classify_duration_seconds',
      help: "A request's time in the model, waiting for others included",
      labelNames,
      buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
      registers,
    }),
    loads: new Counter({
      name: 'taxon_inference_model_loads_total',
      help: 'Model loads by outcome, `loaded` or `failed`',
      labelNames: ['model', 'outcome'] as const,
      registers,
    }),
    loadSeconds: new Histogram({
      name: 'taxon_inference_model_load_duration_seconds',
      help: 'Time that loading a model took',
      buckets: [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30],
      registers,
    }),
    loaded: new Gauge({ name: 'taxon_inference_models_loaded', help: 'Models in memory, shadows included', registers }),
    version: new Gauge({
      name: 'taxon_inference_model_version',
      help: 'The version that answers; 0 of a plain folder',
      labelNames,
      registers,
    }),
    swaps: new Counter({
      name: 'taxon_inference_model_swaps_total',
      help: 'Times that another version took over',
      labelNames,
      registers,
    }),
    events: new Counter({
      name: 'taxon_inference_prediction_events_total',
      help: 'Sampled answers by outcome, `published`, or `dropped` where the bus was away for long',
      labelNames: ['outcome'] as const,
      registers,
    }),
    shadowTexts: new Counter({
      name: 'taxon_inference_shadow_texts_total',
      help: 'Texts for the shadow version by outcome, `answered`, `skipped` where it was behind, or `failed`',
      labelNames: ['model', 'outcome'] as const,
      registers,
    }),
    feedback: new Counter({
      name: 'taxon_inference_feedback_total',
      help: 'Feedback taken by verdict, `right` (labels were told) or `wrong`',
      labelNames: ['model', 'verdict'] as const,
      registers,
    }),
  };
};

export type InferenceMetrics = ReturnType<typeof createMetrics>;
