import type { WorkKind } from '@taxon/work';
import { z } from 'zod';

const scoreSchema = z.object({ label: z.string(), probability: z.number() });
const taskSchema = z.object({ task: z.string(), labels: z.array(scoreSchema), answer: z.array(z.string()) });

const payload = z.object({
  /** As in `Classify`; empty where there is one. */
  model: z.string(),
  /** A text, or a pair of texts. */
  texts: z
    .array(z.union([z.string(), z.object({ text: z.string(), pair: z.string() })]))
    .min(1)
    .max(1024),
  topK: z.int().min(1).optional(),
});

const result = z.object({
  version: z.int(),
  /** In the order of the texts. */
  predictions: z.array(
    z.object({
      labels: z.array(scoreSchema),
      answer: z.array(z.string()),
      tasks: z.array(taskSchema),
      tokens: z.int(),
      truncated: z.boolean(),
    }),
  ),
});

export type PredictUnit = z.output<typeof payload>;

/** Texts of a large file, answered by whichever instance takes them. */
export const predictKind: WorkKind<PredictUnit, z.output<typeof result>> = { name: 'predict', payload, result };
