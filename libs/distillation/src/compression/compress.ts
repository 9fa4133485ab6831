import type { Example } from '@taxon/data';
import { TaxonError } from '@taxon/errors';
import type { TextInput } from '@taxon/models';
import type { CompressionInput } from './options.ts';
import type { CompressionEvent } from './progress.ts';
import type { CompressionReport } from './report.ts';

export interface CompressionData {
  /** What the loss is measured on. */
  validation: readonly Example[];
  /** For static int8; no labels needed. */
  calibrationTexts?: readonly TextInput[];
}

export interface CompressOptions extends CompressionInput, CompressionData {
  /** Folder of the compressed model. The one that it is made from is never changed. */
  output: string;
}

/**
 * Writes a smaller, faster form of a model into a folder of its own, whole or not at all.
 * @throws TaxonError `failed_precondition` where the loss is above `maxLoss`, naming the matrices that cost most; `invalid_input`
 * for options, data or a model that cannot be compressed; `cancelled`
 */
export const compress = (
  _folder: string,
  _options: CompressOptions,
  _context: { signal?: AbortSignal; onEvent?: (event: CompressionEvent) => void } = {},
): Promise<CompressionReport> =>
  Promise.reject(new TaxonError({ code: 'internal', message: 'compression is not built yet' }));
