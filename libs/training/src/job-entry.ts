// The process of one training job: takes a recipe from its parent, sends events, and ends with a result or an error.
import { serializeError } from '@taxon/errors';
import type { JobMessage, JobRequest } from './job-messages.ts';
import { runRecipe } from './run-recipe.ts';

const abort = new AbortController();

const send = (message: JobMessage): Promise<void> =>
  new Promise((resolve) => {
    if (process.send === undefined || !process.connected) resolve();
    else process.send(message, undefined, {}, () => resolve());
  });

const work = async ({ recipe, resume }: Extract<JobRequest, { kind: 'start' }>): Promise<void> => {
  try {
    const onEvent = (event: Extract<JobMessage, { kind: 'event' }>['event']): void =>
      void send({ kind: 'event', event });
    const result = await runRecipe(recipe, { signal: abort.signal, resume, onEvent });
    await send({ kind: 'result', result });
  } catch (error) {
    await send({ kind: 'error', error: serializeError(error) });
  }
  process.disconnect();
};

process.on('message', (request: JobRequest) => {
  if (request.kind === 'abort') abort.abort();
  else void work(request);
});
// Ctrl-C reaches every process of the terminal's group; the parent decides, and says so by a message.
process.on('SIGINT', () => undefined);
// Without a parent nobody wants the result.
process.on('disconnect', () => abort.abort());
