import { z } from 'zod';

/** Every option of an augmentation; unknown keys are refused with the nearest right name. */
const share = z.number().min(0).max(1);

/** A method, how often it is taken beside the others, and its own options, which its entry of the table checks. */
const methodSchema = z.looseObject({
  name: z.string().min(1),
  weight: z.number().positive().default(1),
});

const policySchema = z.strictObject({
  /** Texts made of every row, where no target speaks. Parts work: 0.5 makes one of every second row. */
  perRow: z.number().min(0).max(1000).default(1),
  /** Texts that every class shall have in the end, its own included: a number, the median or the largest class's. */
  target: z.union([z.int().positive(), z.literal('median'), z.literal('largest')]).optional(),
  /** Only classes with fewer rows than this. */
  below: z.int().positive().optional(),
  /** Only these labels. */
  labels: z.array(z.string().min(1)).min(1).optional(),
  /** The task whose labels count. The last one when absent: the fine one of a hierarchy. */
  task: z.string().min(1).optional(),
  /**
   * `hard`: rows that the model gets wrong, or right by less than `margin`. `misclassified`: those it gets wrong. Both need
   * `model` or `predictions`.
   */
  rows: z.enum(['all', 'hard', 'misclassified']).default('all'),
  /** Probability of the answer less that of the runner-up. */
  margin: share.default(0.3),
  /** Model folder that judges the rows. */
  model: z.string().min(1).optional(),
  /** Answers of a model that a run saved (`run/answers.jsonl`), in place of the model; rows are found by their text. */
  predictions: z.string().min(1).optional(),
  /** Texts made of one label at most. */
  perLabel: z.int().positive().optional(),
  /** Texts made of one row at most, whatever the target. */
  mostPerRow: z.int().positive().max(1000).default(20),
});

const qualitySchema = z.strictObject({
  /** Drops what repeats a row or another made text, but for case, width and spaces. `false`: only exact repeats of made texts are dropped. */
  unique: z.boolean().default(true),
  /** Smallest cosine of a text's embedding with its parent's; 0: none is computed. Needs `encoder`. */
  similarity: share.default(0),
  /** Model folder that drops a text which it gives another label with `confidence` or more. */
  model: z.string().min(1).optional(),
  confidence: share.default(0.9),
  /** Tries a wanted text has, the first included, before the row goes without. */
  attempts: z.int().min(1).max(100).default(4),
});

export const augmentOptionsSchema = z.strictObject({
  seed: z.int().default(0),
  /** ISO 639-1 code. `auto`: by each text's script. */
  language: z.string().min(2).default('auto'),
  methods: z
    .array(methodSchema)
    .min(1)
    .default([{ name: 'synonyms', weight: 1 }]),
  policy: policySchema.prefault({}),
  quality: qualitySchema.prefault({}),
  /** Folder or name of the encoder that embeds texts and fills masks. */
  encoder: z.string().min(1).optional(),
  /** Of native calls; 0: as many as the machine has. */
  threads: z.int().min(0).default(0),
});

export type AugmentOptions = z.output<typeof augmentOptionsSchema>;
export type PolicyOptions = AugmentOptions['policy'];
export type QualityOptions = AugmentOptions['quality'];
export type MethodOptions = AugmentOptions['methods'][number];
