import { entryUrl } from '@taxon/entries';
import { forkJob } from './fork-job.ts';
import type { TrainingEvent, TrainingResult } from './progress.ts';
import type { Recipe } from './recipe.ts';

export interface TrainingJobOptions {
  /** Aborting asks the job to write a resumable checkpoint and stop; the promise then rejects with code `cancelled`. */
  signal?: AbortSignal;
  onEvent?: (event: TrainingEvent) => void;
  /** Go on from the checkpoint in the recipe's output folder. */
  resume?: boolean;
}

/** What the process of a training is asked for. */
export interface TrainingRequest {
  recipe: Recipe;
  resume: boolean;
}

/**
 * Runs a recipe in a process of its own, so that neither its memory nor its native calls touch the caller's event loop.
 * Rejects with a TaxonError; a job that dies without one is `internal` with its last lines of stderr.
 */
export const runTrainingJob = (recipe: Recipe, options: TrainingJobOptions = {}): Promise<TrainingResult> => {
  const { resume = false, ...rest } = options;
  const request: TrainingRequest = { recipe, resume };
  return forkJob<TrainingEvent, TrainingResult>(entryUrl('training-job', import.meta.url), request, rest);
};
