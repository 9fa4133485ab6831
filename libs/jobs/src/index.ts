export { confinePath, type AllowedFolder } from './confine-path.ts';
export { type RecordedEvent } from './event-history.ts';
export { type Job, type JobKind, type RunOptions } from './job.ts';
export { createJobMetrics } from './job-metrics.ts';
export { createJobQueue, processQueue, type JobQueue } from './job-queue.ts';
export { jobConfig, jobFolder, patience } from './job-config.ts';
export { isOver, jobStates, type JobState } from './job-state.ts';
export { openJobs, type Jobs, type JobsOptions } from './jobs.ts';
export { listPage, type PageRequest } from './list-page.ts';
