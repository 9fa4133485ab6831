import { deserializeError, TaxonError } from '@taxon/errors';
import { createEventHistory } from './event-history.ts';
import type { Job, JobKind } from './job.ts';
import { isOver } from './job-state.ts';
import type { JobRecord } from './job-store.ts';

/** How many events may pass until the record is written again: after a crash, a new event's number is above all that were seen. */
export const sequencesReserved = 1000n;

/** Without its stack. */
const keptError = ({ code, message, hint, violations }: TaxonError): JobRecord['error'] => ({
  ...{ code, message, hint },
  violations: [...violations],
});

export const toRecord = <Request, Result, Message>(job: Job<Request, Result, Message>): JobRecord => {
  const { id, state, request, resume, createTime, startTime, endTime, result, history, told } = job;
  return {
    ...{ version: 1, id, pid: process.pid, state, request, resume, createTime, startTime, endTime, result, told },
    sequenceBound: history.lastSequence + (isOver(state) ? 0n : sequencesReserved),
    error: job.error && keptError(job.error),
  };
};

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
};

/** A job that another process of this machine runs right now, with the same folder. */
export const belongsToAnother = ({ state, pid }: JobRecord): boolean =>
  !isOver(state) && pid !== process.pid && isAlive(pid);

/**
 * A job of an earlier run of the service, with one event, its last state.
 * @throws when this release does not understand its request or result
 */
export const fromRecord = <Request, Event, Result, Message>(
  record: JobRecord,
  kind: JobKind<Request, Event, Result, Message>,
): Job<Request, Result, Message> => {
  const { id, state, resume, createTime, startTime, sequenceBound } = record;
  const interrupted = !isOver(state);
  const message = `the ${kind.service} ended while this ${kind.noun} ${state === 'queued' ? 'waited' : 'ran'}`;
  const over = interrupted
    ? {
        state: 'interrupted' as const,
        told: false,
        endTime: new Date(),
        error: new TaxonError({ code: 'unavailable', message }),
      }
    : { state, told: record.told, endTime: record.endTime, error: record.error && deserializeError(record.error) };
  const history = createEventHistory<Message>({
    isProgress: (event) => kind.isProgress(event),
    after: interrupted ? sequenceBound : sequenceBound - 1n,
  });
  const job: Job<Request, Result, Message> = {
    ...{ id, resume, createTime, startTime, history, ...over },
    request: kind.parse(record.request),
    result: state === 'succeeded' ? kind.reviveResult(record.result) : undefined,
  };
  history.append(kind.stateMessage(job));
  history.end();
  return job;
};
