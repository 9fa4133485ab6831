export interface RecordedEvent<Event> {
  /** From 1; grows, with gaps where events were forgotten. */
  sequence: bigint;
  time: Date;
  event: Event;
}

export interface EventHistory<Event> {
  readonly lastSequence: bigint;
  append(event: Event): void;
  /** No event follows. */
  end(): void;
  /**
   * The kept events after a sequence number, then new ones as they come, until the end or until the signal aborts, which
   * throws its reason.
   */
  follow(after: bigint, signal: AbortSignal): AsyncGenerator<RecordedEvent<Event>>;
}

export interface EventHistoryOptions<Event> {
  /** Events of which the newer ones say all that the older ones did. */
  isProgress: (event: Event) => boolean;
  /** How many of these are kept. @default 500 */
  keptProgress?: number;
  /** The sequence number that the first event follows. @default 0 */
  after?: bigint;
}

/** Everything a job told, so that a watcher who comes late or again misses nothing that matters. */
export const createEventHistory = <Event>({
  isProgress,
  keptProgress = 500,
  after: before = 0n,
}: EventHistoryOptions<Event>): EventHistory<Event> => {
  const events: RecordedEvent<Event>[] = [];
  const waiting = new Set<() => void>();
  let last = before;
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
    const kept = events.filter(({ event }) => !isProgress(event) || surplus-- <= 0);
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
      if (isProgress(event)) progress++;
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
