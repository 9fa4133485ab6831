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

const checkedSchema = compressionRequestSchema
  .refine(({ to, calibrationFile }) => to !== 'int8-static' || calibrationFile !== undefined, {
    path: ['calibration'],
    message: 'int8-static takes its ranges from calibration texts: name a file of them',
  })
  .refine(({ model, output }) => model !== output, {
    path: ['output'],
    message: 'is the model, which is never changed',
  });

/** @throws TaxonError `invalid_input` that lists every wrong option */
export const parseCompression = (input: unknown): CompressionRequest =>
  parseOptions(checkedSchema, input, 'compression');
