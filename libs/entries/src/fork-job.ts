import { fork, type ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { deserializeError, TaxonError } from '@taxon/errors';
import type { JobMessage, JobRequest } from './job-messages.ts';

export interface ForkOptions<Event> {
  /** Aborting asks the job to stop; the promise then rejects with what it says, code `cancelled`. */
  signal?: AbortSignal;
  onEvent?: (event: Event) => void;
  /** What the process does, for its errors: `training`. @default 'job' */
  name?: string;
  /** What to do about a process that the system ended, most often for want of memory. */
  killedHint?: string;
  /** How long an aborted process has before it is killed. @default as long as it takes */
  patience?: Patience;
}

export interface Patience {
  /** Until it says that it has heard: a process that does not is in a call that never ends. Milliseconds. */
  hear: number;
  /** From there until it has ended: what it is in, it finishes; a checkpoint is written. Milliseconds. */
  stop: number;
}

/** Characters of a dead job's stderr that its error quotes. */
const quotedStderr = 2000;
/** A process that has told its result has nothing left to do, milliseconds. */
const lingering = 10_000;

type Outcome<Result> = { result: Result } | { error: TaxonError };

/** Kills the process when nothing stops the timer; the timer keeps no process alive. */
const killAfter = (child: ChildProcess, milliseconds: number): NodeJS.Timeout =>
  setTimeout(() => child.kill('SIGKILL'), milliseconds).unref();

/** Asks a process to stop, once, and kills it when patience is at an end. */
const createStop = (child: ChildProcess, patience: Patience | undefined) => {
  let timer: NodeJS.Timeout | undefined;
  let heard = false;
  return {
    ask: (): void => {
      if (child.connected) child.send({ kind: 'abort' } satisfies JobRequest<never>);
      if (patience !== undefined) timer = killAfter(child, patience.hear);
    },
    heard: (): void => {
      if (heard || patience === undefined) return;
      heard = true;
      clearTimeout(timer);
      timer = killAfter(child, patience.stop);
    },
    over: (): void => clearTimeout(timer),
  };
};

const diedWithoutWord = (
  how: string,
  stderr: string,
  { signal, name = 'job', killedHint }: ForkOptions<never>,
): TaxonError => {
  if (signal?.aborted === true)
    return new TaxonError({
      code: 'cancelled',
      message: `the ${name} process ended ${how} while it was to stop; what it wrote before is kept`,
    });
  const message = `the ${name} process ended ${how}. ${stderr.trim()}`.trim();
  return new TaxonError({ code: 'internal', message, hint: how.endsWith('SIGKILL') ? killedHint : undefined });
};

/**
 * Runs a job in a process of its own, so that neither its memory nor its native calls touch the caller's event loop.
 * @param entry a module that calls `serveJob`
 * @param request plain data
 * @throws TaxonError; a job that dies without one is `internal` with its last lines of stderr
 */
export const forkJob = <Event, Result>(entry: URL, request: unknown, options: ForkOptions<Event>): Promise<Result> => {
  const { signal, onEvent } = options;
  if (signal?.aborted === true)
    return Promise.reject(new TaxonError({ code: 'cancelled', message: 'cancelled before the job began' }));
  const child = fork(fileURLToPath(entry), {
    serialization: 'advanced',
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    execArgv: ['--enable-source-maps'],
  });
  let stderr = '';
  child.stderr!.on('data', (data: Buffer) => (stderr = (stderr + data.toString()).slice(-quotedStderr)));
  const stop = createStop(child, options.patience);
  signal?.addEventListener('abort', stop.ask, { once: true });
  child.send({ kind: 'start', request } satisfies JobRequest<unknown>);
  return new Promise<Result>((resolve, reject) => {
    let how: string | undefined;
    const settle = (outcome: Outcome<Result>): void => {
      const timer = killAfter(child, lingering);
      child.once('exit', () => clearTimeout(timer));
      if ('result' in outcome) resolve(outcome.result);
      else reject(outcome.error);
    };
    child.on('message', (message: JobMessage<Event, Result>) => {
      if (message.kind === 'event') onEvent?.(message.event);
      else if (message.kind === 'stopping') stop.heard();
      else if (message.kind === 'result') settle({ result: message.result });
      else settle({ error: deserializeError(message.error) });
    });
    child.on('error', reject);
    // Its last words may arrive after its end: both, the process and the channel, must be over before it has none.
    const over = (): void => {
      if (how !== undefined && !child.connected)
        reject(diedWithoutWord(how, stderr, { ...options, onEvent: undefined }));
    };
    child.on('exit', (code, killed) => {
      how = killed === null ? `with code ${code}` : `by ${killed}`;
      over();
    });
    child.on('disconnect', over);
  }).finally(() => {
    stop.over();
    signal?.removeEventListener('abort', stop.ask);
  });
};
