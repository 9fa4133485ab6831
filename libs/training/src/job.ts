import { TaxonError } from '@taxon/errors';
import type { TrainingEvent, TrainingResult } from './progress.ts';
import type { Recipe } from './recipe.ts';

export interface TrainingJobOptions {
  /** Aborting asks the job to write a resumable checkpoint and stop; the promise then rejects with code `cancelled`. */
  signal?: AbortSignal;
  onEvent?: (event: TrainingEvent) => void;
  /** Go on from the checkpoint in the recipe's output folder. */
  resume?: boolean;
}

/**
 * Runs a recipe in a process of its own, so that neither its memory nor its native calls touch the caller's event loop.
 * Rejects with a TaxonError; a job that dies without one is `internal` with its last lines of stderr.
 */
export const runTrainingJob = (_recipe: Recipe, _options: TrainingJobOptions = {}): Promise<TrainingResult> =>
  Promise.reject(new TaxonError({ code: 'internal', message: 'being written' }));
