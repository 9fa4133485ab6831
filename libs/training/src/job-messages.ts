import type { SerializedError } from '@taxon/errors';
import type { TrainingEvent, TrainingResult } from './progress.ts';
import type { Recipe } from './recipe.ts';

/** From the caller to a job's process. */
export type JobRequest = { kind: 'start'; recipe: Recipe; resume: boolean } | { kind: 'abort' };

/** From a job's process to its caller: any number of events, then one result or error. */
export type JobMessage =
  | { kind: 'event'; event: TrainingEvent }
  | { kind: 'result'; result: TrainingResult }
  | { kind: 'error'; error: SerializedError };
