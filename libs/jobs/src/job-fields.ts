import type { Job } from './job.ts';
import type { JobState } from './job-state.ts';
import type { Jobs } from './jobs.ts';

/** What every service's message says of a job alike. */
export const jobFields = <Request, Result, Message>(
  job: Job<Request, Result, Message>,
  jobs: Jobs<Request, Result, Message>,
) => ({
  createTime: job.createTime,
  startTime: job.startTime,
  endTime: job.endTime,
  lastSequence: job.history.lastSequence,
  queuedBehind: jobs.queuedBehind(job),
  result: job.result,
});

/** It has ended before its end: whoever left something to go on from can be resumed. */
export const hasStopped = (state: JobState): boolean => ['failed', 'cancelled', 'interrupted'].includes(state);
