import { TaxonError } from '@taxon/errors';
import type { DistillationOptions } from './options.ts';
import type { DistillationEvent, DistillationResult } from './progress.ts';

export interface DistilOptions {
  /** Aborting stops between two steps; what training did is kept as a checkpoint. */
  signal?: AbortSignal;
  onEvent?: (event: DistillationEvent) => void;
  /** Go on from the checkpoint beside the output folder. @default false */
  resume?: boolean;
}

/**
 * Teachers and data to a smaller model's folder, in this process; a service or a command line runs `runDistillationJob` instead.
 * @throws TaxonError; `cancelled` after an abort, with a checkpoint kept if training had begun
 */
export const distil = (options: DistillationOptions, how: DistilOptions = {}): Promise<DistillationResult> => {
  void how;
  return Promise.reject(new TaxonError({ code: 'internal', message: `${options.output}: in work on this branch` }));
};
