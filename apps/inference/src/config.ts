import { z } from 'zod';

/** The service's own keys. */
export const config = z.object({
  models: z
    .array(z.string().min(1))
    .default([])
    .describe(
      'NAME=PATH or PATH of model folders, or NAME, NAME@ALIAS or NAME@VERSION in the registry; loaded at the start',
    ),
  modelsFolder: z
    .string()
    .min(1)
    .default('models')
    .describe('folder of model folders, each loaded when it is first asked for'),
  registry: z
    .string()
    .min(1)
    .default('registry')
    .describe('registry, a folder or s3://BUCKET/PREFIX; its models are served too, and change version when promoted'),
  registrySeconds: z
    .number()
    .min(0.05)
    .max(86_400)
    .default(30)
    .describe('between looks at the registry, for what no event tells'),
  maxTexts: z.int().min(1).default(1024).describe('texts a request'),
  streamRequests: z.int().min(1).default(16).describe('messages of one stream that may be under way at once'),
  threads: z.int().min(0).max(1024).default(0).describe('threads a model; 0 for as many as the machine has'),
  takeWork: z.boolean().default(true).describe('answer texts of large files that were split over the event bus'),
  sampleRate: z
    .number()
    .min(0)
    .max(1)
    .default(0.1)
    .describe('share of answers that are published as events, and that a shadow version answers too'),
  sampleTexts: z.boolean().default(true).describe('published answers carry their texts'),
  sampleEmbeddings: z
    .boolean()
    .default(false)
    .describe('published answers carry the probabilities of all labels, to tell drift by'),
  eventBuffer: z.int().min(1).default(10_000).describe('sampled answers kept while the event bus is away'),
  rememberedPredictions: z
    .int()
    .min(0)
    .default(10_000)
    .describe('newest predictions whose texts are known when feedback comes'),
});

export type Config = typeof config extends z.ZodType<infer Output> ? Output : never;
