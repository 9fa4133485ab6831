export { entryUrl } from './entry-url.ts';
export { forkJob, type ForkOptions, type Patience } from './fork-job.ts';
export type { JobMessage, JobRequest } from './job-messages.ts';
export { serveJob } from './serve-job.ts';
