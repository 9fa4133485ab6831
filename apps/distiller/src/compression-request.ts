import { compressionSchema } from '@taxon/distillation';
import { parseOptions } from '@taxon/training';
import { z } from 'zod';

const fileSchema = z.strictObject({
  path: z.string().min(1),
  textColumn: z.string().min(1).default('text'),
  pairColumn: z.string().min(1).optional(),
});

/** A compression with the files that it reads: what a caller may ask for. */
export const compressionRequestSchema = compressionSchema.extend({
  /** Model folder that is to become smaller. */
  model: z.string().min(1),
  /** Folder of the compressed model. */
  output: z.string().min(1),
  validation: fileSchema.extend({
    labelColumn: z.string().min(1).default('label'),
    labelSeparator: z.string().min(1).optional(),
  }),
  calibrationFile: fileSchema.optional(),
});

export type CompressionRequest = z.output<typeof compressionRequestSchema>;

/** @throws TaxonError `invalid_input` that lists every wrong option */
export const parseCompression = (input: unknown): CompressionRequest =>
  parseOptions(compressionRequestSchema, input, 'compression');
