import { z } from 'zod';
import { labelNamesSchema } from './label-names-schema.ts';

const fraction = z.number().min(0).max(1);

/** Where a recipe's texts and labels are. */
export const dataSchema = z
  .strictObject({
    /** Labelled file: CSV, TSV, JSONL or a JSON array. Split into three parts when `validation` and `test` are absent. */
    train: z.string().min(1).optional(),
    validation: z.string().min(1).optional(),
    test: z.string().min(1).optional(),
    /** By the file's ending when absent. */
    format: z.enum(['csv', 'tsv', 'jsonl', 'json']).optional(),
    textColumn: z.string().default('text'),
    labelColumn: z.string().default('label'),
    /** Each text's second one: the model then reads sentence pairs. */
    pairColumn: z.string().min(1).optional(),
    /** Several questions about each text, each with a column of its own; in place of `labelColumn`. */
    tasks: z
      .array(
        z.strictObject({
          column: z.string().min(1),
          /** What the task is called. By its column when absent. */
          name: z.string().min(1).optional(),
          kind: z.enum(['auto', 'single-label', 'multi-label']).default('auto'),
          /** Factor on its loss beside those of the other tasks. */
          weight: z.number().positive().default(1),
        }),
      )
      .min(1)
      .optional(),
    /** What stands between the labels of a cell (CSV, TSV) in a multi-label column. */
    labelSeparator: z.string().min(1).optional(),
    /** Where each text comes from: scores are told by source, too. */
    sourceColumn: z.string().min(1).optional(),
    /** One more training for each source, which learns from its texts alone: a table of training sources by validation sources. */
    crossSource: z.boolean().default(false),
    /**
     * What labels are called is a training text more, for few texts a class: `true` reads each label's own name as words; a mapping says it
     * in other words, one text or several. A list or a mapping without `train` is zero-shot: all that is learnt is what labels are called.
     */
    labelNames: labelNamesSchema,
    /** Shares of the parts that have no file of their own. */
    split: z
      .strictObject({ train: fraction.default(0.7), validation: fraction.default(0.15), test: fraction.default(0.15) })
      .prefault({}),
  })
  .refine(({ train, labelNames }) => train !== undefined || typeof labelNames === 'object', {
    path: ['train'],
    message: 'a labelled file is needed, or a list of labels as data.labelNames',
  });
