import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { deserializeError, TaxonError } from '@taxon/errors';
import { entryUrl } from '@taxon/entries';
import type { JobMessage, JobRequest } from './job-messages.ts';
import type { TrainingEvent, TrainingResult } from './progress.ts';
import type { Recipe } from './recipe.ts';

export interface TrainingJobOptions {
  /** Aborting asks the job to write a resumable checkpoint and stop; the promise then rejects with code `cancelled`. */
  signal?: AbortSignal;
  onEvent?: (event: TrainingEvent) => void;
  /** Go on from the checkpoint in the recipe's output folder. */
  resume?: boolean;
}

/** Characters of a dead job's stderr that its error quotes. */
const quotedStderr = 2000;

/**
 * Runs a recipe in a process of its own, so that neither its memory nor its native calls touch the caller's event loop.
 * Rejects with a TaxonError; a job that dies without one is `internal` with its last lines of stderr.
 */
export const runTrainingJob = (recipe: Recipe, options: TrainingJobOptions = {}): Promise<TrainingResult> => {
  const { signal, onEvent, resume = false } = options;
  if (signal?.aborted === true)
    return Promise.reject(new TaxonError({ code: 'cancelled', message: 'cancelled before the job began' }));
  const child = fork(fileURLToPath(entryUrl('training-job', import.meta.url)), {
    serialization: 'advanced',
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    execArgv: ['--enable-source-maps'],
  });
  let stderr = '';
  child.stderr!.on('data', (data: Buffer) => (stderr = (stderr + data.toString()).slice(-quotedStderr)));
  const send = (request: JobRequest): void => {
    if (child.connected) child.send(request);
  };
  const abort = (): void => send({ kind: 'abort' });
  signal?.addEventListener('abort', abort, { once: true });
  send({ kind: 'start', recipe, resume });
  return new Promise<TrainingResult>((resolve, reject) => {
    child.on('message', (message: JobMessage) => {
      if (message.kind === 'event') onEvent?.(message.event);
      else if (message.kind === 'result') resolve(message.result);
      else reject(deserializeError(message.error));
    });
    child.on('error', reject);
    child.on('exit', (code, killed) => {
      const how = killed === null ? `with code ${code}` : `by ${killed}`;
      const hint =
        killed === 'SIGKILL'
          ? 'The system may have run out of memory: try a smaller optimizer.tokensPerStep.'
          : undefined;
      reject(
        new TaxonError({
          code: 'internal',
          message: `the training process ended ${how}. ${stderr.trim()}`.trim(),
          hint,
        }),
      );
    });
  }).finally(() => signal?.removeEventListener('abort', abort));
};
