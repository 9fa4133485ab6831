import type { TaxonEvent, StoredEvent } from './event.ts';
import type { EventType } from './event-types.ts';

/** What a handler is given beside the event. */
export interface Delivery {
  /** 1 at first; grows with every retry, also across restarts where the bus can tell. */
  readonly attempt: number;
  readonly stored: StoredEvent;
  /** Aborts when the subscription closes, or when another consumer took the partition over. */
  readonly signal: AbortSignal;
}

export type Handler<Type extends EventType> = (event: TaxonEvent<Type>, delivery: Delivery) => Promise<void>;
/** Types that are missing are passed over. */
export type Handlers = { readonly [Type in EventType]?: Handler<Type> };

export interface RetryOptions {
  /** Deliveries before the event is dead. @default 5 */
  attempts?: number;
  /** Before the second delivery, in ms; doubles each time, with jitter. @default 200 */
  firstDelay?: number;
  /** In ms. @default 10,000 */
  longestDelay?: number;
}

export interface SubscribeOptions {
  /** Consumers of one group share the events; every group gets all of them. */
  group: string;
  handlers: Handlers;
  retry?: RetryOptions;
  /** Where a group begins that was never seen before. @default 'earliest' */
  from?: 'earliest' | 'latest';
  /** Partitions handled at the same time; events of one partition are handled one after the other. @default 1 */
  concurrency?: number;
  /** Called with what the subscription survives: a broker that is away, a handler that threw. */
  onError?: (error: unknown) => void;
}

export interface Subscription extends AsyncDisposable {
  /** Resolves when it takes part in its group. */
  readonly ready: Promise<void>;
  /** Asks the handlers to stop, waits for them, leaves the group. What was not acknowledged is delivered again. */
  close(): Promise<void>;
}

export interface ReadOptions {
  topic: string;
  /** The first event that is read. @default 'earliest' */
  from?: 'earliest' | 'latest' | Date;
  /** Go on waiting for new ones. @default false: ends at what is there now */
  follow?: boolean;
  signal?: AbortSignal;
}

/** How far a group is behind. */
export interface GroupLag {
  readonly group: string;
  readonly topic: string;
  /** Events that are not acknowledged yet. */
  readonly events: number;
}

/**
 * Carries events at least once: what was published is delivered to every group until a handler of it has resolved.
 * An event whose handler failed `attempts` times, or that cannot be read, goes to `<topic>.dead` with the reason and where
 * it came from, and the group goes on.
 */
export interface EventBus extends AsyncDisposable {
  /**
   * Resolves when all are durable.
   * @throws TaxonError `invalid_input` (an event that cannot be written), `resource_exhausted` (disk full),
   *   `unavailable` (no broker), `cancelled`
   */
  publish(events: readonly TaxonEvent[], options?: { signal?: AbortSignal }): Promise<void>;
  subscribe(options: SubscribeOptions): Subscription;
  /** For people and tools; belongs to no group. */
  read(options: ReadOptions): AsyncIterable<StoredEvent>;
  /** Publishes stored bytes again as they are, to `topic`: replay, and dead letters put back. */
  republish(topic: string, events: readonly StoredEvent[]): Promise<void>;
  /** Topics that hold something, dead-letter topics included. */
  topics(): Promise<string[]>;
  lag(group: string): Promise<GroupLag[]>;
  /** Those that have acknowledged something, or began to. */
  groups(): Promise<string[]>;
  /**
   * Drops a group that is gone for good: how far it was is forgotten, and nothing is kept for it any longer.
   * @throws TaxonError `not_found`, `failed_precondition` (a consumer of it lives)
   */
  forgetGroup(group: string): Promise<void>;
  /** Closes its subscriptions, too. */
  close(): Promise<void>;
}
