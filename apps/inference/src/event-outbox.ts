import { setTimeout as sleep } from 'node:timers/promises';
import { TaxonError } from '@taxon/errors';
import type { EventBus, TaxonEvent } from '@taxon/events';

export interface OutboxOptions {
  events: Pick<EventBus, 'publish'>;
  /** Events kept while the bus is slow or away. */
  size: number;
  /** Told of events that were published, or dropped because there was no room. */
  count: (outcome: 'published' | 'dropped', events: number) => void;
  /** Told when publishing fails; it is tried again. */
  onError: (error: unknown) => void;
}

/** Publishes beside whoever fills it, who never waits. */
export interface EventOutbox {
  /** Drops the event where the outbox is full. */
  push(event: TaxonEvent): void;
  /** Gives what is left `patience` ms to be published, and drops the rest. */
  close(patience: number): Promise<void>;
}

/** Events published at a time: enough for the bus to be quick, few enough to be sent again whole. */
const batch = 200;
/** Between attempts, in ms; doubled each time. */
const [firstPause, longestPause] = [100, 5000];

export const createEventOutbox = ({ events, size, count, onError }: OutboxOptions): EventOutbox => {
  const waiting: TaxonEvent[] = [];
  const over = new AbortController();
  const ended = (): boolean => over.signal.aborted;
  let running: Promise<void> | undefined;

  const publish = async (next: readonly TaxonEvent[]): Promise<void> => {
    try {
      await events.publish(next, { signal: over.signal });
      count('published', next.length);
    } catch (error) {
      if (TaxonError.from(error).code !== 'invalid_input') throw error;
      // An event that cannot be written never can be: it must not hold up the others.
      if (next.length === 1) {
        onError(error);
        return count('dropped', 1);
      }
      for (const event of next) await publish([event]);
    }
  };

  const drain = async (): Promise<void> => {
    let pause = firstPause;
    while (waiting.length > 0 && !ended()) {
      const next = waiting.slice(0, batch);
      try {
        await publish(next);
        waiting.splice(0, next.length);
        pause = firstPause;
      } catch (error) {
        if (ended()) break;
        onError(error);
        await sleep(pause, undefined, { signal: over.signal }).catch(() => undefined);
        pause = Math.min(2 * pause, longestPause);
      }
    }
    // Here and not once the promise has resolved: what is pushed in between would wait for the next push.
    running = undefined;
  };

  // Begun a turn later, so that a call's predictions go out together.
  const start = (): void => {
    running = new Promise((resolve) => setImmediate(resolve)).then(drain);
  };

  return {
    push: (event) => {
      if (ended() || waiting.length >= size) return count('dropped', 1);
      waiting.push(event);
      if (running === undefined) start();
    },
    close: async (patience) => {
      const timer = setTimeout(() => over.abort(), patience);
      await running;
      clearTimeout(timer);
      over.abort();
      if (waiting.length > 0) count('dropped', waiting.length);
    },
  };
};
