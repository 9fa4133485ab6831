import { randomUUID } from 'node:crypto';
import { TrainingState } from '@taxon/contracts';
import { TaxonError } from '@taxon/errors';
import { toRpcStatus } from '@taxon/service';
import type { Recipe, TrainingEvent, TrainingJobOptions, TrainingResult } from '@taxon/training';
import { createEventHistory, type EventHistory } from './event-history.ts';
import { toEventMessage, toResultMessage } from './event-message.ts';

/** A training as the trainer knows it. */
export interface Job {
  readonly id: string;
  readonly recipe: Recipe;
  readonly resume: boolean;
  readonly history: EventHistory;
  readonly createTime: Date;
  state: TrainingState;
  startTime: Date | undefined;
  endTime: Date | undefined;
  result: TrainingResult | undefined;
  error: TaxonError | undefined;
}

export interface TrainingJobsOptions {
  run: (recipe: Recipe, options: TrainingJobOptions) => Promise<TrainingResult>;
  /** Trainings that may wait. */
  maxQueued: number;
  /** Ended trainings that are remembered. */
  keepEnded: number;
  onEvent?: (event: TrainingEvent) => void;
  onState?: (job: Job) => void;
}

export interface TrainingJobs {
  /** @throws TaxonError `resource_exhausted` when the queue is full, `already_exists` when another training writes there */
  start(recipe: Recipe, resume: boolean): Job;
  /** @throws TaxonError `not_found` */
  get(id: string): Job;
  /** Newest first. */
  list(): Job[];
  /** Trainings that run or wait before this one. */
  queuedBehind(job: Job): number;
  /** Asks it to stop; nothing happens when it has ended. */
  cancel(job: Job, reason: string): void;
  /** Starts nothing more, and asks everything to stop. */
  close(reason: string): void;
  /** Resolves when nothing runs. */
  idle(): Promise<void>;
}

const ended = ({ endTime }: Job): boolean => endTime !== undefined;

/** Runs trainings one after the other: two at once would only take each other's cores and memory. */
export const createTrainingJobs = ({
  run,
  maxQueued,
  keepEnded,
  onEvent,
  onState,
}: TrainingJobsOptions): TrainingJobs => {
  // In the order of their start, which is the order of a Map's keys.
  const jobs = new Map<string, Job>();
  let current: { job: Job; controller: AbortController; done: Promise<void> } | undefined;
  let closed: string | undefined;

  const waiting = (): Job[] => [...jobs.values()].filter(({ state }) => state === TrainingState.TRAINING_STATE_QUEUED);

  const enter = (job: Job, state: TrainingState): void => {
    job.state = state;
    const { result, error } = job;
    job.history.append({
      $case: 'stateChange',
      value: { state, result: result && toResultMessage(result), error: error && toRpcStatus(error) },
    });
    onState?.(job);
  };

  const finish = (job: Job, outcome: { result: TrainingResult } | { error: TaxonError }): void => {
    job.endTime = new Date();
    if ('result' in outcome) {
      job.result = outcome.result;
      enter(job, TrainingState.TRAINING_STATE_SUCCEEDED);
    } else {
      job.error = outcome.error;
      const cancelled = outcome.error.code === 'cancelled';
      enter(job, cancelled ? TrainingState.TRAINING_STATE_CANCELLED : TrainingState.TRAINING_STATE_FAILED);
    }
    job.history.end();
    const surplus = [...jobs.values()].filter(ended).slice(0, -keepEnded);
    for (const { id } of surplus) jobs.delete(id);
  };

  const runOne = async (job: Job, signal: AbortSignal): Promise<void> => {
    job.startTime = new Date();
    enter(job, TrainingState.TRAINING_STATE_RUNNING);
    try {
      const result = await run(job.recipe, {
        signal,
        resume: job.resume,
        onEvent: (event) => {
          job.history.append(toEventMessage(event));
          onEvent?.(event);
        },
      });
      finish(job, { result });
    } catch (error) {
      finish(job, { error: TaxonError.from(error) });
    }
  };

  const runNext = (): void => {
    const [job] = waiting();
    if (current !== undefined || job === undefined || closed !== undefined) return;
    const controller = new AbortController();
    const done = runOne(job, controller.signal).then(() => {
      current = undefined;
      runNext();
    });
    current = { job, controller, done };
  };

  const cancel = (job: Job, reason: string): void => {
    if (ended(job)) return;
    const error = new TaxonError({ code: 'cancelled', message: reason });
    if (current?.job === job) current.controller.abort(error);
    else finish(job, { error });
  };

  return {
    start: (recipe, resume) => {
      if (closed !== undefined) throw new TaxonError({ code: 'unavailable', message: closed });
      const queued = waiting().length;
      if (queued >= maxQueued)
        throw new TaxonError({
          code: 'resource_exhausted',
          message: `${queued} trainings wait already, which is the limit (maxQueued)`,
        });
      const rival = [...jobs.values()].find((job) => !ended(job) && job.recipe.output === recipe.output);
      if (rival !== undefined)
        throw new TaxonError({
          code: 'already_exists',
          message: `output: training ${rival.id}, which has not ended, writes to ${recipe.output} too`,
        });
      const job: Job = {
        id: randomUUID(),
        recipe,
        resume,
        history: createEventHistory(),
        createTime: new Date(),
        state: TrainingState.TRAINING_STATE_QUEUED,
        startTime: undefined,
        endTime: undefined,
        result: undefined,
        error: undefined,
      };
      jobs.set(job.id, job);
      enter(job, TrainingState.TRAINING_STATE_QUEUED);
      runNext();
      return job;
    },
    get: (id) => {
      const job = jobs.get(id);
      if (job === undefined)
        throw new TaxonError({
          code: 'not_found',
          message: `training_id: ${JSON.stringify(id.slice(0, 100))} does not exist here`,
        });
      return job;
    },
    list: () => [...jobs.values()].reverse(),
    queuedBehind: (job) =>
      job.state === TrainingState.TRAINING_STATE_QUEUED ? waiting().indexOf(job) + (current === undefined ? 0 : 1) : 0,
    cancel,
    close: (reason) => {
      closed = reason;
      for (const job of [...waiting(), ...(current === undefined ? [] : [current.job])]) cancel(job, reason);
    },
    idle: async () => {
      await current?.done;
    },
  };
};
