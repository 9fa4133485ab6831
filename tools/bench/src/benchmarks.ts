import type { Benchmark } from './benchmark.ts';

/** Every benchmark by name. Loaded only when it is run: `tokenize` does not wait for the engine. */
export const benchmarks: Readonly<Record<string, () => Promise<Benchmark>>> = {
  tokenize: async () => (await import('./tokenize.ts')).tokenize,
  step: async () => (await import('./step.ts')).step,
  train: async () => (await import('./train.ts')).train,
  distil: async () => (await import('./distil.ts')).distil,
  compress: async () => (await import('./compress.ts')).compress,
  evaluation: async () => (await import('./evaluation.ts')).evaluation,
  events: async () => (await import('./events.ts')).events,
  quality: async () => (await import('./quality.ts')).quality,
  augment: async () => (await import('./augment.ts')).augmentSpeed,
  'augment-quality': async () => (await import('./augment-quality.ts')).augmentQuality,
};
