import { serializeError } from '@taxon/errors';
import type { JobMessage, JobRequest } from './job-messages.ts';

/** How long a process may live on that has told all, milliseconds. */
const lingering = 5000;

/** The process of one job: takes its request from the parent, sends events, and ends with a result or an error. */
// The caller names all three, so that what it sends is what its parent awaits.
// eslint-disable-next-line @typescript-eslint/no-unnecessary-type-parameters
export const serveJob = <Request, Event, Result>(
  run: (request: Request, options: { signal: AbortSignal; onEvent: (event: Event) => void }) => Promise<Result>,
): void => {
  const abort = new AbortController();
  const send = (message: JobMessage<Event, Result>): Promise<void> =>
    new Promise((resolve) => {
      if (process.send === undefined || !process.connected) resolve();
      else process.send(message, undefined, {}, () => resolve());
    });
  const work = async (request: Request): Promise<void> => {
    try {
      const onEvent = (event: Event): void => void send({ kind: 'event', event });
      await send({ kind: 'result', result: await run(request, { signal: abort.signal, onEvent }) });
    } catch (error) {
      await send({ kind: 'error', error: serializeError(error) });
    }
    if (process.connected) process.disconnect();
    // Whatever is still open, a forgotten timer or thread, is not waited for.
    setTimeout(() => process.exit(), lingering).unref();
  };
  process.on('message', (message: JobRequest<Request>) => {
    if (message.kind === 'start') void work(message.request);
    else {
      void send({ kind: 'stopping' });
      abort.abort();
    }
  });
  // Ctrl-C reaches every process of the terminal's group; the parent decides, and says so by a message.
  process.on('SIGINT', () => undefined);
  // Without a parent nobody wants the result.
  process.on('disconnect', () => abort.abort());
};
