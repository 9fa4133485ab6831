import { entryUrl, forkJob, type Patience } from '@taxon/entries';
import type { TrainingEvent, TrainingResult } from './progress.ts';
import type { Recipe } from './recipe.ts';

export interface TrainingJobOptions {
  /** Aborting asks the job to write a resumable checkpoint and stop; the promise then rejects with code `cancelled`. */
  signal?: AbortSignal;
  onEvent?: (event: TrainingEvent) => void;
  /** Go on from the checkpoint in the recipe's output folder. */
  resume?: boolean;
  /** How long an aborted job has before its process is killed. @default as long as it takes */
  patience?: Patience;
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
  return forkJob<TrainingEvent, TrainingResult>(entryUrl('training-job', import.meta.url), request, {
    ...rest,
    name: 'training',
    killedHint: 'The system may have run out of memory: try a smaller optimizer.tokensPerStep.',
  });
};
