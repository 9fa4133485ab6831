import { invalidInput } from '@taxon/errors';
import { compressionSchema, type CompressionInput, type CompressionOptions } from './options.ts';

/** @throws TaxonError `invalid_input` naming the option and what is wrong with it */
export const parseCompression = (input: CompressionInput): CompressionOptions => {
  const parsed = compressionSchema.safeParse(input);
  if (parsed.success) return parsed.data;
  const { path, message } = parsed.error.issues[0]!;
  throw invalidInput(`compression${path.length > 0 ? `: ${path.join('.')}` : ''}: ${message}`);
};
