import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { deserializeError, serializeError, TaxonError, type SerializedError } from '@taxon/errors';

/** From the caller to a job's process. */
export type JobRequest<Request> = { kind: 'start'; request: Request } | { kind: 'abort' };

/** From a job's process to its caller: any number of events, then one result or error. */
export type JobMessage<Event, Result> =
  { kind: 'event'; event: Event } | { kind: 'result'; result: Result } | { kind: 'error'; error: SerializedError };

export interface ForkOptions<Event> {
  /** Aborting asks the job to stop; the promise then rejects with what it says, code `cancelled`. */
  signal?: AbortSignal;
  onEvent?: (event: Event) => void;
}

/** Characters of a dead job's stderr that its error quotes. */
const quotedStderr = 2000;

/**
 * Runs a job in a process of its own, so that neither its memory nor its native calls touch the caller's event loop.
 * @param entry a module that calls `serveJob`
 * @param request plain data
 * @throws TaxonError; a job that dies without one is `internal` with its last lines of stderr
 */
export const forkJob = <Event, Result>(
  entry: URL,
  request: unknown,
  { signal, onEvent }: ForkOptions<Event>,
): Promise<Result> => {
  if (signal?.aborted === true)
    return Promise.reject(new TaxonError({ code: 'cancelled', message: 'cancelled before the job began' }));
  const child = fork(fileURLToPath(entry), {
    serialization: 'advanced',
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    execArgv: ['--enable-source-maps'],
  });
  let stderr = '';
  child.stderr!.on('data', (data: Buffer) => (stderr = (stderr + data.toString()).slice(-quotedStderr)));
  const send = (message: JobRequest<unknown>): void => {
    if (child.connected) child.send(message);
  };
  const abort = (): void => send({ kind: 'abort' });
  signal?.addEventListener('abort', abort, { once: true });
  send({ kind: 'start', request });
  return new Promise<Result>((resolve, reject) => {
    child.on('message', (message: JobMessage<Event, Result>) => {
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

/** What a job's process does. */
export type RunJob<Request, Event, Result> = (
  request: Request,
  options: { signal: AbortSignal; onEvent: (event: Event) => void },
) => Promise<Result>;

/** The process of one job: takes its request from the parent, sends events, and ends with a result or an error. */
export const serveJob = <Request, Event, Result>(run: RunJob<Request, Event, Result>): void => {
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
    process.disconnect();
  };
  process.on('message', (message: JobRequest<Request>) => {
    if (message.kind === 'abort') abort.abort();
    else void work(message.request);
  });
  // Ctrl-C reaches every process of the terminal's group; the parent decides, and says so by a message.
  process.on('SIGINT', () => undefined);
  // Without a parent nobody wants the result.
  process.on('disconnect', () => abort.abort());
};
