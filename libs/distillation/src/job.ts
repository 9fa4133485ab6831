import { entryUrl, forkJob, type Patience } from '@taxon/entries';
import type { DistillationOptions } from './options.ts';
import type { DistillationEvent, DistillationResult } from './progress.ts';

export interface DistillationJobOptions {
  /** Aborting asks the job to write a resumable checkpoint and stop; the promise then rejects with code `cancelled`. */
  signal?: AbortSignal;
  onEvent?: (event: DistillationEvent) => void;
  /** Go on from the checkpoint beside the output folder. */
  resume?: boolean;
  /** How long an aborted job has before its process is killed. @default as long as it takes */
  patience?: Patience;
}

/** What the process of a distillation is asked for. */
export interface DistillationRequest {
  options: DistillationOptions;
  resume: boolean;
}

/** `distil` in a process of its own: what a service or a command line runs. Rejects with a TaxonError. */
export const runDistillationJob = (
  options: DistillationOptions,
  { resume = false, ...rest }: DistillationJobOptions = {},
): Promise<DistillationResult> => {
  const request: DistillationRequest = { options, resume };
  return forkJob<DistillationEvent, DistillationResult>(entryUrl('distillation-job', import.meta.url), request, {
    ...rest,
    name: 'distillation',
    killedHint: 'The system may have run out of memory: try a smaller optimizer.tokensPerStep.',
  });
};
