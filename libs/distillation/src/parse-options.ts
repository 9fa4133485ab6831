import { parseOptions } from '@taxon/training';
import { distillationSchema, type DistillationOptions } from './options.ts';

/**
 * Options from outside, checked whole.
 * @param source named in the message, e.g. the file's path
 * @throws TaxonError `invalid_input` that lists every wrong option with its value and what would be right
 */
export const parseDistillation = (input: unknown, source = 'distillation'): DistillationOptions =>
  parseOptions(distillationSchema, input, source);
