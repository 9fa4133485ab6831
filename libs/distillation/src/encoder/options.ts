import { z } from 'zod';

/** Every option of the distillation of a sentence encoder: no labels, the teacher's embeddings alone are learnt. */
export const encoderDistillationSchema = z.strictObject({
  /** A sentence encoder: folder or hub id. */
  teacher: z.string().min(1).default('all-MiniLM-L6-v2'),
  /** Files of texts: CSV, TSV, JSONL, JSON, or TXT with a text a line. */
  texts: z.array(z.string().min(1)).min(1),
  textColumn: z.string().default('text'),
  /** Folder to write the encoder to. */
  output: z.string().min(1),
  /** The teacher's layers that the student begins with: so many, spread evenly, or these, counted from 0. */
  layers: z.union([z.int().min(1), z.array(z.int().min(0)).min(1)]).default(4),
  /** So many tokens are kept; `keep`: all. */
  vocabulary: z.union([z.literal('keep'), z.int().min(10)]).default('keep'),
  /** Longest text of the student in tokens. */
  maxLength: z.int().min(8).max(512).default(128),
  epochs: z.number().positive().max(1000).default(4),
  learningRate: z.number().positive().max(1).default(5e-4),
  /** Packed positions a step. */
  tokensPerStep: z.int().min(64).max(65_536).default(1024),
  /** Texts that are not learnt, on which the student is compared with the teacher. */
  heldOut: z.int().min(1).default(2000),
  precision: z.enum(['fp32', 'int8']).default('int8'),
  /** Of what is written. */
  storage: z.enum(['float32', 'int8']).default('float32'),
  seed: z.int().min(0).default(0),
  threads: z.int().min(0).max(1024).default(0),
  spin: z.boolean().default(false),
});

export type EncoderDistillationOptions = z.output<typeof encoderDistillationSchema>;
export type EncoderDistillationInput = z.input<typeof encoderDistillationSchema>;

export interface EncoderDistillationProgress {
  /** `teacher`: texts; `train`: updates; `held-out`: one figure. */
  stage: 'teacher' | 'train' | 'held-out';
  done: number;
  total: number;
  /** Of `train`: 1 − cosine, smoothed. Of `held-out`: nothing. */
  loss?: number;
  /** Of `held-out`: mean cosine between the student's and the teacher's embeddings. */
  cosine?: number;
}

export interface EncoderDistillationResult {
  /** Mean cosine with the teacher on the texts that were held out, before and after. */
  cosineBefore: number;
  cosine: number;
  texts: number;
  parameters: number;
  vocabulary: number;
}
