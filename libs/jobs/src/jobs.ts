import { randomUUID } from 'node:crypto';
import { TaxonError } from '@taxon/errors';
import { createEventHistory } from './event-history.ts';
import type { Job, JobKind } from './job.ts';
import { processQueue, type JobQueue } from './job-queue.ts';
import { belongsToAnother, fromRecord, sequencesReserved, toRecord } from './job-records.ts';
import { isOver, type JobState } from './job-state.ts';
import { openJobStore, type JobRecord } from './job-store.ts';
import { tellEnded, type TellOptions } from './tell-ended.ts';

export interface JobsOptions<Event, AnyJob> {
  /** Jobs of this service that may wait. */
  maxQueued: number;
  /** Ended jobs that are remembered. */
  keepEnded: number;
  /** Where jobs are kept across restarts. @default nowhere */
  folder?: string;
  /** @default the one of this process */
  queue?: JobQueue;
  /** Hears when jobs end. @default nobody */
  events?: TellOptions;
  onEvent?: (event: Event) => void;
  onState?: (job: AnyJob, all: readonly AnyJob[]) => void;
  /** Jobs are kept as well as the disk allows; this hears of what it does not allow. */
  onKeepingError?: (error: unknown) => void;
}

export interface Jobs<Request, Result, Message> {
  /** @throws TaxonError `resource_exhausted` when the queue is full, `already_exists` when another job writes there */
  start(request: Request, resume: boolean): Job<Request, Result, Message>;
  /** @throws TaxonError `not_found` */
  get(id: string): Job<Request, Result, Message>;
  /** Newest first. */
  list(): Job<Request, Result, Message>[];
  /** Jobs, of whatever service, that run or wait before this one. */
  queuedBehind(job: Job<Request, Result, Message>): number;
  /** Asks it to stop; nothing happens when it has ended. */
  cancel(job: Job<Request, Result, Message>, reason: string): void;
  /** Starts nothing more, and asks everything to stop. */
  close(reason: string): void;
  /** Resolves when nothing runs and all is kept. */
  idle(): Promise<void>;
}

/** How long what has ended may still be told when the service ends, in ms; what is not, is told by the next. */
const tellingPatience = 2000;

type Outcome<Result> = { result: Result } | { error: TaxonError };

/**
 * A service's jobs, those of its earlier runs included: one that had not ended is `interrupted`.
 * @throws TaxonError `failed_precondition` when the folder of kept jobs cannot be read
 */
export const openJobs = async <Request, Event, Result, Message>(
  kind: JobKind<Request, Event, Result, Message>,
  options: JobsOptions<Event, Job<Request, Result, Message>>,
): Promise<Jobs<Request, Result, Message>> => {
  type OwnJob = Job<Request, Result, Message>;
  const { queue = processQueue, onKeepingError = () => undefined } = options;
  const { noun, plural } = kind;
  // In the order of their start, which is the order of a Map's keys.
  const jobs = new Map<string, OwnJob>();
  const bounds = new Map<string, bigint>();
  const store = options.folder === undefined ? undefined : openJobStore(options.folder, onKeepingError);
  const silence = new AbortController();
  const telling = new Set<Promise<void>>();
  let current: { job: OwnJob; controller: AbortController; done: Promise<void> } | undefined;
  let closed: string | undefined;
  let newest = 0;
  /** Now, and later than every other job's: kept jobs are put in order by it. */
  const creationTime = (): Date => new Date((newest = Math.max(Date.now(), newest + 1)));

  const all = (): OwnJob[] => [...jobs.values()];
  const waiting = (): OwnJob[] => all().filter(({ state }) => state === 'queued');

  const keep = (job: OwnJob): void => {
    if (store === undefined) return;
    const record: JobRecord = toRecord(job);
    bounds.set(job.id, record.sequenceBound);
    store.save(record);
  };
  const append = (job: OwnJob, message: Message): void => {
    job.history.append(message);
    if (store !== undefined && job.history.lastSequence + 1n >= (bounds.get(job.id) ?? sequencesReserved)) keep(job);
  };
  const forgetOldest = (): void => {
    const surplus = all()
      .filter(({ state }) => isOver(state))
      .slice(0, -options.keepEnded);
    for (const { id } of surplus) {
      jobs.delete(id);
      bounds.delete(id);
      store?.remove(id);
    }
  };
  /** Kept as not told until it is: after a crash it is told then. */
  const tell = (job: OwnJob): void => {
    if (options.events === undefined) return;
    const told = tellEnded(job, kind, { ...options.events, signal: silence.signal }).then((published) => {
      telling.delete(told);
      if (!published || !jobs.has(job.id)) return;
      job.told = true;
      keep(job);
    });
    telling.add(told);
  };
  const enter = (job: OwnJob, state: JobState): void => {
    job.state = state;
    job.history.append(kind.stateMessage(job));
    keep(job);
    options.onState?.(job, all());
  };
  const finish = (job: OwnJob, outcome: Outcome<Result>): void => {
    job.endTime = new Date();
    if ('result' in outcome) {
      job.result = outcome.result;
      enter(job, 'succeeded');
    } else {
      job.error = outcome.error;
      enter(job, outcome.error.code === 'cancelled' ? 'cancelled' : 'failed');
    }
    job.history.end();
    tell(job);
    forgetOldest();
  };

  const runJob = async (job: OwnJob, signal: AbortSignal): Promise<Outcome<Result>> => {
    const onEvent = (event: Event): void => {
      append(job, kind.toMessage(event));
      options.onEvent?.(event);
    };
    try {
      return { result: await kind.run(job.request, { signal, resume: job.resume, onEvent }) };
    } catch (error) {
      return { error: TaxonError.from(error) };
    }
  };
  const run = (job: OwnJob): Promise<void> => {
    const controller = new AbortController();
    job.startTime = new Date();
    enter(job, 'running');
    const done = runJob(job, controller.signal).then((outcome) => {
      current = undefined;
      finish(job, outcome);
    });
    current = { job, controller, done };
    return done;
  };

  const cancel = (job: OwnJob, reason: string): void => {
    if (isOver(job.state)) return;
    const error = new TaxonError({ code: 'cancelled', message: reason });
    if (current?.job === job) return current.controller.abort(error);
    queue.remove(job.id);
    finish(job, { error });
  };
  const expectRoom = (output: string): void => {
    if (closed !== undefined) throw new TaxonError({ code: 'unavailable', message: closed });
    const queued = waiting().length;
    if (queue.busy && queued >= options.maxQueued)
      throw new TaxonError({
        code: 'resource_exhausted',
        message: `${queued} ${plural} wait already, which is the limit (maxQueued)`,
      });
    const rival = queue.writerOf(output);
    if (rival !== undefined)
      throw new TaxonError({
        code: 'already_exists',
        message: `output: ${rival.noun} ${rival.id}, which has not ended, writes to ${output} too`,
      });
  };

  for (const record of (await store?.load((path, error) => onKeepingError(describeDamaged(path, error)))) ?? []) {
    if (belongsToAnother(record)) continue;
    try {
      const job = fromRecord(record, kind);
      jobs.set(job.id, job);
      newest = Math.max(newest, job.createTime.getTime());
      if (options.events === undefined) job.told = true;
      if (job.state === 'interrupted') keep(job);
      if (!job.told) tell(job);
    } catch (error) {
      onKeepingError(describeDamaged(record.id, error));
    }
  }
  forgetOldest();

  return {
    start: (request, resume) => {
      const output = kind.outputOf(request);
      expectRoom(output);
      const job: OwnJob = {
        ...{ id: randomUUID(), request, resume, createTime: creationTime(), state: 'queued' },
        history: createEventHistory<Message>({ isProgress: (message) => kind.isProgress(message) }),
        ...{ startTime: undefined, endTime: undefined, result: undefined, error: undefined },
        told: options.events === undefined,
      };
      jobs.set(job.id, job);
      enter(job, 'queued');
      queue.add({ id: job.id, output, noun, run: () => run(job) });
      return job;
    },
    get: (id) => {
      const job = jobs.get(id);
      if (job !== undefined) return job;
      const message = `${kind.idField}: ${JSON.stringify(id.slice(0, 100))} does not exist here`;
      throw new TaxonError({ code: 'not_found', message });
    },
    list: () => all().reverse(),
    queuedBehind: (job) => (job.state === 'queued' ? queue.behind(job.id) : 0),
    cancel,
    close: (reason) => {
      closed = reason;
      for (const job of [...waiting(), ...(current === undefined ? [] : [current.job])]) cancel(job, reason);
    },
    idle: async () => {
      await current?.done;
      const patience = setTimeout(() => silence.abort(), tellingPatience);
      await Promise.all(telling);
      clearTimeout(patience);
      await store?.settled();
    },
  };
};

const describeDamaged = (what: string, cause: unknown): Error => new Error(`${what} is no job of ours`, { cause });
