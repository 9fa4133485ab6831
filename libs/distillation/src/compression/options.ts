import { z } from 'zod';

/** What a model can be compressed to. */
export const compressedForms = ['int8', 'int8-static', 'float16'] as const;
export type CompressedForm = (typeof compressedForms)[number];

/** Where the range of a matrix's inputs is cut when it is fixed beforehand. */
export const calibrationMethods = ['min-max', 'percentile', 'entropy'] as const;

export const compressionSchema = z.strictObject({
  /**
   * `int8`: weights by output channel, activations by token, as they come. `int8-static`: the range of each matrix's inputs is
   * fixed beforehand, on calibration texts. `float16`: weights alone, computed in fp32. @default 'int8'
   */
  to: z.enum(compressedForms).default('int8'),
  /** Points of accuracy (exact match of a multi-label model) that may be lost on the validation texts. @default 0.5 */
  maxLoss: z.number().min(0).max(100).default(0.5),
  /**
   * Matrices that stay float, as `layer.3.down`, or a whole layer, as `layer.3`. `auto`: those that cost most, until the loss is
   * small enough. `none`: none, and a loss that is too large is refused. @default 'auto'
   */
  keepFloat: z.union([z.enum(['auto', 'none']), z.array(z.string().min(1))]).default('auto'),
  calibration: z
    .strictObject({
      method: z.enum(calibrationMethods).default('percentile'),
      /** Share of the inputs within the range, 50..100. @default 99.99 */
      percentile: z.number().min(50).max(100).default(99.99),
      /** Texts taken, evenly over those given. @default 300 */
      texts: z.int().min(1).default(300),
    })
    .prefault({}),
  /** Processor cores used; 0: all. @default 0 */
  threads: z.int().min(0).default(0),
});

export type CompressionInput = z.input<typeof compressionSchema>;
export type CompressionOptions = z.output<typeof compressionSchema>;
