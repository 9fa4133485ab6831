import { invalidInput, TaxonError } from '@taxon/errors';
import { createDispatcher, type DispatcherOptions } from '../dispatcher.ts';
import type { SubscribeOptions, Subscription } from '../event-bus.ts';
import type { StoredEvent } from '../event.ts';
import { pause } from '../retry.ts';
import type { EventLog } from './event-log.ts';
import { beatInterval, createMembership, type Lease, type Progress } from './membership.ts';

/** Events that are read at a time: at first, and at most. Each has up to 1 MB, and most have 1 KB. */
const firstBatch = 32;
const largestBatch = 128;
/** What is read at a time grows while it is less than this, bytes. */
const smallBatch = 500_000;
/** What was handled is acknowledged after so long before the next event is delivered, ms; so is asked whether the partition is still ours. */
const writeInterval = 5;
/** The event loop turns at least so often, ms: other work, and the beats that hold the partitions. */
const longestTurn = 10;

/** A partition that is this consumer's, and how far it is. */
interface Held {
  readonly lease: Lease;
  readonly progress: Progress;
  /** It is written that events up to here may have been delivered. */
  covered: number;
  /** When progress was last written, by `performance.now()`. */
  written: number;
  /** Events that are read next. */
  batch: number;
  /** Aborts when the subscription closes or the partition is lost. */
  readonly abort: AbortController;
  working?: Promise<void>;
  /** There was nothing more when it was last looked at. */
  empty: boolean;
  /** To be given back. */
  leaving: boolean;
  lost: boolean;
}

export interface ConsumerOptions extends SubscribeOptions {
  /** ms */
  lease: number;
  observe?: DispatcherOptions['observe'];
}

const checkOptions = ({ group, concurrency = 1 }: SubscribeOptions, topics: readonly string[]): void => {
  if (group === '') throw invalidInput('group is empty; name what the consumers do, e.g. trainer');
  if (topics.length === 0) throw invalidInput('handlers is empty: there is nothing to subscribe to');
  if (!Number.isInteger(concurrency) || concurrency < 1)
    throw invalidInput(`concurrency is ${concurrency}; it must be a whole number of at least 1`);
};

/** Handles a group's share of its topics. */
export const startConsumer = (log: EventLog, options: ConsumerOptions): Subscription => {
  const { group, concurrency = 1, from = 'earliest', lease, onError } = options;
  const held = new Map<number, Held>();
  /** Lost, but their handlers have not ended: not to be taken again before. */
  const ending = new Map<number, Held>();
  const closing = new AbortController();
  let active = 0;
  /** One delivery an event: it is written down exactly. */
  const covers = options.retry?.attempts !== 1;
  let turned = performance.now();
  const turn = async (): Promise<void> => {
    await new Promise(setImmediate);
    turned = performance.now();
  };

  const tell = (error: unknown): void => {
    try {
      onError?.(error);
    } catch {
      // Told or not, the subscription goes on.
    }
  };
  /** Writes progress and what belongs to it; where the partition is lost, all that is done for it stops. */
  const advance = async (each: Held, within?: () => void): Promise<void> => {
    const { partition, epoch } = each.lease;
    if (await membership.advance(partition.id, epoch, each.progress, within)) {
      each.written = performance.now();
      return;
    }
    lose(each);
    throw new TaxonError({ code: 'cancelled', message: `another consumer has ${partition.topic}/${partition.number}` });
  };
  const lose = (each: Held): void => {
    each.lost = true;
    held.delete(each.lease.partition.id);
    if (each.working !== undefined) ending.set(each.lease.partition.id, each);
    each.abort.abort(new TaxonError({ code: 'cancelled', message: 'another consumer took the partition over' }));
  };

  const burying = new Map<StoredEvent, Held>();
  const dispatcher = createDispatcher({
    ...options,
    bury: async (letter, stored) => {
      await log.partitionsOf(letter.topic);
      const each = burying.get(stored)!;
      const before = { ...each.progress };
      // The letter and the acknowledgement are one transaction.
      Object.assign(each.progress, { acked: Number(stored.offset), attempting: 0, attempt: 0 });
      try {
        await advance(each, () => log.appendWithin([letter]));
      } catch (error) {
        Object.assign(each.progress, before);
        throw error;
      }
      log.watcher.wake();
    },
  });
  checkOptions(options, dispatcher.topics);
  const membership = createMembership(log, { group, topics: dispatcher.topics, from, lease });

  /** @returns whether it is acknowledged, or may be with the next write */
  const handle = async (each: Held, stored: StoredEvent, last: number): Promise<boolean> => {
    const { progress } = each;
    const id = Number(stored.offset);
    const attemptsBefore = progress.attempting === id ? progress.attempt : covers && id <= each.lease.upto ? 1 : 0;
    const onAttempt = (attempt: number): Promise<void> | undefined => {
      if (attempt > 1 || !covers) Object.assign(progress, { attempting: id, attempt });
      else if (id > each.covered) progress.upto = last;
      else if (performance.now() - each.written < writeInterval) return undefined;
      // Acknowledges what was handled before, too.
      return advance(each).then(() => {
        each.covered = Math.max(each.covered, progress.upto);
      });
    };
    burying.set(stored, each);
    try {
      const outcome = await dispatcher.dispatch(stored, { signal: each.abort.signal, attemptsBefore, onAttempt });
      if (outcome === 'aborted') {
        // Asked to stop, it did not fail.
        if (progress.attempting === id) progress.attempt = Math.max(0, progress.attempt - 1);
        return false;
      }
      progress.acked = id;
      progress.attempting = progress.attempt = 0;
      return true;
    } finally {
      burying.delete(stored);
    }
  };
  /** Writes down how far the partition is, however long that takes. */
  const settle = async (each: Held): Promise<void> => {
    for (;;) {
      try {
        return await advance(each);
      } catch (error) {
        if (each.lost) return;
        tell(error);
        if (each.abort.signal.aborted) return;
        await pause(200, each.abort.signal);
      }
    }
  };
  const work = async (each: Held): Promise<void> => {
    const events = log.fetch(each.lease.partition, each.progress.acked, each.batch);
    // What comes meanwhile is told.
    each.empty = events.length < each.batch;
    if (events.length === 0) return;
    const bytes = events.reduce((sum, { value }) => sum + value.length, 0);
    each.batch = bytes < smallBatch ? Math.min(2 * each.batch, largestBatch) : firstBatch;
    const last = Number(events.at(-1)!.offset);
    for (const stored of events) {
      if (each.leaving || each.abort.signal.aborted || !(await handle(each, stored, last))) break;
      if (performance.now() - turned > longestTurn) await turn();
    }
    if (!each.lost && !each.abort.signal.aborted) await settle(each);
  };
  const release = async (each: Held): Promise<void> => {
    const { partition, epoch } = each.lease;
    held.delete(partition.id);
    // What it did not handle it did not begin, or broke off: nothing died.
    each.progress.upto = each.lease.upto;
    await membership.release(partition.id, epoch, each.progress).catch(tell);
  };
  const run = async (each: Held): Promise<void> => {
    active++;
    try {
      await work(each);
    } catch (error) {
      tell(error);
      await pause(200, each.abort.signal);
    } finally {
      active--;
      each.working = undefined;
      if (ending.get(each.lease.partition.id) === each) ending.delete(each.lease.partition.id);
    }
    if (each.leaving && !each.lost && !closing.signal.aborted) await release(each);
    pump();
  };
  /** Starts as many partitions as may be handled at the same time, each in its turn. */
  const pump = (): void => {
    if (closing.signal.aborted) return;
    for (const [id, each] of [...held]) {
      if (active >= concurrency) return;
      if (each.working !== undefined || each.empty || each.leaving) continue;
      // To the end of the row.
      held.delete(id);
      held.set(id, each);
      each.working = run(each);
    }
  };
  const unwatch = log.watcher.onChange((changed) => {
    for (const [id, each] of held) if (changed?.has(id) !== false) each.empty = false;
    pump();
  });

  const take = (lease: Lease): void => {
    const { acked, attempting, attempt, upto } = lease;
    const progress = { acked, attempting, attempt, upto };
    const reading = { covered: 0, written: 0, batch: firstBatch, empty: false };
    const each = { lease, progress, ...reading, abort: new AbortController(), leaving: false, lost: false };
    held.set(lease.partition.id, each);
  };
  const beat = async (): Promise<void> => {
    const epochs = [...held].map(([id, each]): [number, number] => [id, each.lease.epoch]);
    const lostOnes = [...ending.keys()].map((id): [number, number] => [id, -1]);
    const { taken, lost, surplus } = await membership.beat(new Map([...epochs, ...lostOnes]));
    for (const id of lost) {
      const each = held.get(id);
      if (each !== undefined) lose(each);
    }
    for (const id of surplus) {
      const each = held.get(id);
      if (each === undefined || each.leaving) continue;
      each.leaving = true;
      if (each.working === undefined) await release(each);
    }
    taken.forEach(take);
    pump();
  };
  let isReady = (): void => undefined;
  const ready = new Promise<void>((resolve) => {
    isReady = resolve;
  });
  const beating = (async () => {
    while (!closing.signal.aborted) {
      try {
        await beat();
        isReady();
      } catch (error) {
        tell(error);
      }
      await pause(beatInterval(lease), closing.signal);
    }
  })();

  const end = async (): Promise<void> => {
    closing.abort(new TaxonError({ code: 'cancelled', message: 'the subscription is closed' }));
    unwatch();
    for (const each of held.values()) each.abort.abort(closing.signal.reason);
    await beating;
    for (const { working } of [...held.values(), ...ending.values()]) await working;
    for (const each of [...held.values()]) await release(each);
    await membership.leave().catch(tell);
    isReady();
  };
  let ended: Promise<void> | undefined;
  const close = (): Promise<void> => (ended ??= end());
  return { ready, close, [Symbol.asyncDispose]: close };
};
