import type { EventMessage } from './event-message.ts';

export interface RecordedEvent {
  /** From 1, without gaps when recorded. */
  sequence: bigint;
  time: Date;
  event: EventMessage;
}

export interface EventHistory {
  readonly lastSequence: bigint;
  append(event: EventMessage): void;
  /** No event follows. */
  end(): void;
  /**
   * The kept events after a sequence number, then new ones as they come, until the end or until the signal aborts, which
   * throws its reason.
   */
  follow(after: bigint, signal: AbortSignal): AsyncGenerator<RecordedEvent>;
}

/**
 * Everything a training told, so that a watcher who comes late or again misses nothing that matters. Of progress only the
 * newest `keptProgress` events are kept: the older ones say nothing that these do not.
 */
export const createEventHistory = (keptProgress = 500): EventHistory => {
  const events: RecordedEvent[] = [];
  const waiting = new Set<() => void>();
  let last = 0n;
  let progress = 0;
  let ended = false;

  const wake = () => {
    for (const resolve of [...waiting]) resolve();
  };
  const changed = (signal: AbortSignal): Promise<void> =>
    new Promise((resolve) => {
      const done = () => {
        waiting.delete(done);
        signal.removeEventListener('abort', done);
        resolve();
      };
      waiting.add(done);
      signal.addEventListener('abort', done);
    });
  const forgetOldProgress = () => {
    // In blocks, since each pass looks at the whole history.
    if (progress < 2 * keptProgress) return;
    let surplus = progress - keptProgress;
    const kept = events.filter(({ event }) => event.$case !== 'progress' || surplus-- <= 0);
    events.splice(0, events.length, ...kept);
    progress = keptProgress;
  };
  /** Index of the first event after a sequence number: binary search, for events are in order. */
  const indexAfter = (sequence: bigint): number => {
    let [low, high] = [0, events.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (events[middle]!.sequence > sequence) high = middle;
      else low = middle + 1;
    }
    return low;
  };

  return {
    get lastSequence() {
      return last;
    },
    append: (event) => {
      events.push({ sequence: ++last, time: new Date(), event });
      if (event.$case === 'progress') progress++;
      forgetOldProgress();
      wake();
    },
    end: () => {
      ended = true;
      wake();
    },
    follow: async function* (after, signal) {
      let seen = after;
      for (;;) {
        signal.throwIfAborted();
        const next = events[indexAfter(seen)];
        if (next !== undefined) {
          seen = next.sequence;
          yield next;
        } else if (ended) return;
        else await changed(signal);
      }
    },
  };
};
