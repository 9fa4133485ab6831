import type { TaxonError } from '@taxon/errors';
import type { EventHistory } from './event-history.ts';
import type { JobState } from './job-state.ts';

/** A job as its service knows it. */
export interface Job<Request, Result, Message> {
  readonly id: string;
  readonly request: Request;
  /** It goes on from what an earlier one left. */
  readonly resume: boolean;
  readonly history: EventHistory<Message>;
  readonly createTime: Date;
  state: JobState;
  startTime: Date | undefined;
  endTime: Date | undefined;
  result: Result | undefined;
  error: TaxonError | undefined;
  /** That it has ended is published, or nobody is to hear of it. */
  told: boolean;
}

export interface RunOptions<Event> {
  signal: AbortSignal;
  resume: boolean;
  onEvent: (event: Event) => void;
}

/** What a service says about its jobs. */
export interface JobKind<Request, Event, Result, Message> {
  /** E.g. `training` and `trainings`, as errors and metrics say it; `trainer`, the service. */
  readonly noun: string;
  readonly plural: string;
  readonly service: string;
  /** The request's field that names a job. */
  readonly idField: string;
  run(request: Request, options: RunOptions<Event>): Promise<Result>;
  /** The file or folder that it writes, absolute: no two jobs write there at once. */
  outputOf(request: Request): string;
  /** An event as the contract says it. */
  toMessage(event: Event): Message;
  /** The message of a change of state. */
  stateMessage(job: Job<Request, Result, Message>): Message;
  /** What a request's job is called, where a service has several kinds. @default `noun` */
  nounOf?(request: Request): string;
  /** Of which newer ones make older ones worthless. */
  isProgress(message: Message): boolean;
  /** A request that was kept as JSON. @throws when it is none, or of another release */
  parse(kept: unknown): Request;
  /** A result that was kept as JSON: its own shape, or one that a newer release adds to. */
  reviveResult(kept: unknown): Result;
}
