import type { KafkaMessage } from 'kafkajs';
import type { Outcome } from '../dispatcher.ts';
import type { StoredEvent } from '../event.ts';
import { toStoredEvent } from './stored-event.ts';

/** Fetched and not handled yet, of one partition: above this nothing more is fetched of it, below half of it again. */
const mostBytes = 2_000_000;
/** Events that a partition handles in a row before it lets another one have its turn. */
const turn = 100;

/** How many partitions may work at the same time. */
export interface Slots {
  take(): Promise<void> | undefined;
  give(): void;
}

export const createSlots = (count: number): Slots => {
  let free = count;
  const waiting: (() => void)[] = [];
  return {
    take: () => {
      if (free === 0) return new Promise((resolve) => waiting.push(resolve));
      free--;
      return undefined;
    },
    give: () => {
      const next = waiting.shift();
      if (next === undefined) free++;
      else next();
    },
  };
};

export interface PartitionOptions {
  /** Without the prefix. */
  topic: string;
  partition: number;
  slots: Slots;
  dispatch: (stored: StoredEvent, signal: AbortSignal) => Promise<Outcome>;
  /** An event is to be acknowledged. */
  onDone: () => void;
  /** There is room again, after `push` has said that there is none. */
  onRoom: () => void;
}

/** A partition that this consumer works on: its events one after the other, until it is taken away. */
export interface Partition {
  readonly topic: string;
  readonly partition: number;
  /** The next event that is wanted from the broker; undefined until it is known where to begin. */
  readonly next: bigint | undefined;
  /** The first event that is not handled yet. */
  readonly done: bigint | undefined;
  /** The last `done` that the broker was told. */
  committed: bigint | undefined;
  /** What its handlers are given. */
  readonly signal: AbortSignal;
  /** It was taken away: nothing more of it is acknowledged. */
  readonly lost: boolean;
  begin(offset: bigint): void;
  /** Events that were there already are passed over. */
  push(messages: readonly KafkaMessage[]): void;
  isFull(): boolean;
  /** Resolves when there is room, at the latest after `ms`. */
  room(ms: number): Promise<void>;
  /** Aborts the handler, forgets what is waiting; resolves when the handler has ended. What it ends with counts. */
  finish(): Promise<void>;
  /** The same of a partition that was taken away: what the handler ends with does not count. */
  lose(): Promise<void>;
}

export const createPartition = (options: PartitionOptions): Partition => {
  const { topic, partition, slots, dispatch, onDone, onRoom } = options;
  const controller = new AbortController();
  const { signal } = controller;
  let queue: KafkaMessage[] = [];
  let head = 0;
  let bytes = 0;
  let next: bigint | undefined;
  let done: bigint | undefined;
  let working: Promise<void> | undefined;
  let roomWaiter: (() => void) | undefined;
  let lost = false;

  const shift = (): KafkaMessage => {
    const message = queue[head++]!;
    // One copy for many shifts.
    if (head === queue.length || head > 1_000) [queue, head] = [queue.slice(head), 0];
    const wasAbove = bytes > mostBytes / 2;
    bytes -= message.value?.length ?? 0;
    if (wasAbove && bytes <= mostBytes / 2) {
      roomWaiter?.();
      onRoom();
    }
    return message;
  };

  /** @returns whether to go on */
  const handleNext = async (): Promise<boolean> => {
    const stored = toStoredEvent(topic, partition, shift());
    const outcome = await dispatch(stored, signal);
    if (outcome === 'aborted' || lost) return false;
    done = stored.offset + 1n;
    onDone();
    return true;
  };

  const work = async (): Promise<void> => {
    // Stopping empties the queue.
    for (let goesOn = true; goesOn && head < queue.length;) {
      await slots.take();
      try {
        for (let handled = 0; goesOn && handled < turn && head < queue.length; handled++) goesOn = await handleNext();
      } finally {
        slots.give();
      }
    }
  };

  const finish = async (): Promise<void> => {
    controller.abort(new Error(`partition ${partition} of ${topic} is no longer this consumer's`));
    [queue, head, bytes] = [[], 0, 0];
    roomWaiter?.();
    await working;
  };

  return {
    topic,
    partition,
    signal,
    committed: undefined,
    get lost() {
      return lost;
    },
    get next() {
      return next;
    },
    get done() {
      return done;
    },
    begin: (offset) => {
      next = offset;
      done = offset;
    },
    push: (messages) => {
      if (signal.aborted || next === undefined) return;
      for (const message of messages) {
        const offset = BigInt(message.offset);
        if (offset < next) continue;
        next = offset + 1n;
        queue.push(message);
        bytes += message.value?.length ?? 0;
      }
      working ??= work().finally(() => {
        working = undefined;
      });
    },
    isFull: () => bytes > mostBytes,
    room: (ms) =>
      new Promise((resolve) => {
        const timer = setTimeout(() => roomWaiter?.(), ms);
        roomWaiter = () => {
          clearTimeout(timer);
          roomWaiter = undefined;
          resolve();
        };
      }),
    finish,
    lose: () => {
      lost = true;
      return finish();
    },
  };
};
