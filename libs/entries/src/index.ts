export { entryUrl } from './entry-url.ts';
export { forkJob, type ForkOptions, type Patience } from './fork-job.ts';
export type { JobMessage, JobRequest } from './job-messages.ts';
export { createMailbox, type Mailbox } from './mailbox.ts';
export { serveJob } from './serve-job.ts';
export { serveStream } from './serve-stream.ts';
export { streamThroughWorker, type StreamWorkerOptions } from './stream-through-worker.ts';
