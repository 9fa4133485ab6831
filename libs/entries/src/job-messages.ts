import type { SerializedError } from '@taxon/errors';

/** From the caller to a job's process. */
export type JobRequest<Request> = { kind: 'start'; request: Request } | { kind: 'abort' };

/** From a job's process to its caller: any number of events, then one result or error. `stopping`: it has heard of the abort. */
export type JobMessage<Event, Result> =
  | { kind: 'event'; event: Event }
  | { kind: 'stopping' }
  | { kind: 'result'; result: Result }
  | { kind: 'error'; error: SerializedError };
