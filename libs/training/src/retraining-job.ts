import { entryUrl, forkJob, type Patience } from '@taxon/entries';
import type { Recipe } from './recipe.ts';
import type { DataParts } from './retraining/data-parts.ts';
import type { Retraining, RetrainingOptions } from './retraining/prepare-retraining.ts';

/** What the process is asked for, and what it answers. */
export type RetrainingRequest =
  { kind: 'prepare'; options: Omit<RetrainingOptions, 'signal'> } | { kind: 'keep'; model: string; recipe: Recipe };
export interface RetrainingAnswer {
  retraining?: Retraining;
  parts?: DataParts;
}

interface ForkOptions {
  signal?: AbortSignal;
  patience?: Patience;
}

const fork = (request: RetrainingRequest, options: ForkOptions): Promise<RetrainingAnswer> =>
  forkJob<never, RetrainingAnswer>(entryUrl('retraining-job', import.meta.url), request, {
    ...options,
    name: 'preparing a training',
  });

/** As `prepareRetraining`, in a process of its own: comparing all rows with all held-out texts takes seconds. */
export const prepareRetrainingJob = async ({
  signal,
  patience,
  ...options
}: RetrainingOptions & ForkOptions): Promise<Retraining> =>
  (await fork({ kind: 'prepare', options }, { signal, patience })).retraining!;

/** As `keepDataParts`, in a process of its own. */
export const keepDataPartsJob = async (model: string, recipe: Recipe, options: ForkOptions = {}): Promise<DataParts> =>
  (await fork({ kind: 'keep', model, recipe }, options)).parts!;
