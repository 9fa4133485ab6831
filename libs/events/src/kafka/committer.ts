import { setTimeout as sleep } from 'node:timers/promises';
import type { Offsets } from 'kafkajs';
import type { Partition } from './partition.ts';

/** Between two acknowledgements, in ms: what a crash in between repeats. */
const commitInterval = 20;
/** After one that failed. */
const retryInterval = 200;

export interface CommitterOptions {
  /** Those that this consumer works on now. */
  partitions: () => Iterable<Partition>;
  /** With the prefix. */
  nameOf: (topic: string) => string;
  onError: (error: unknown) => void;
}

/** Tells the group how far its partitions are, all of them in one request, one request at a time. */
export interface Committer {
  /** Something is done. */
  touch(): void;
  /** Sends what is done now, if it can be said; never rejects. */
  flush(): Promise<void>;
  /** How to send: kafkajs's `commitOffsetsIfNecessary`, which fails where the group has gone on without us, and does not repeat. */
  use(commit: (offsets: Offsets) => Promise<void>): void;
  /**
   * Between asking to join and having joined it is not known whose the partitions are: kafkajs would acknowledge in the name of the
   * new generation what may belong to another member.
   */
  hold(): void;
  release(): void;
}

export const createCommitter = ({ partitions, nameOf, onError }: CommitterOptions): Committer => {
  let commit: ((offsets: Offsets) => Promise<void>) | undefined;
  let held = false;
  let running: Promise<void> | undefined;
  let dirty = false;

  const collect = (): { offsets: Offsets; sent: [Partition, bigint][] } | undefined => {
    const sent: [Partition, bigint][] = [];
    const topics = new Map<string, { partition: number; offset: string }[]>();
    for (const partition of partitions()) {
      const { done, committed, lost, topic } = partition;
      if (done === undefined || done === committed || lost) continue;
      sent.push([partition, done]);
      const places = topics.get(topic) ?? [];
      if (places.length === 0) topics.set(topic, places);
      places.push({ partition: partition.partition, offset: String(done) });
    }
    if (sent.length === 0) return undefined;
    return {
      sent,
      offsets: { topics: [...topics].map(([topic, places]) => ({ topic: nameOf(topic), partitions: places })) },
    };
  };

  /** @returns whether there is nothing left to say for now */
  const sendOnce = async (): Promise<boolean> => {
    const wanted = commit === undefined || held ? undefined : collect();
    if (wanted === undefined || commit === undefined) return true;
    try {
      await commit(wanted.offsets);
      for (const [partition, offset] of wanted.sent) partition.committed = offset;
      return true;
    } catch (error) {
      onError(error);
      return false;
    }
  };

  const run = async (): Promise<void> => {
    while (dirty && !held) {
      dirty = false;
      const ok = await sendOnce();
      if (!ok) dirty = true;
      await sleep(ok ? commitInterval : retryInterval);
    }
  };

  const start = (): void => {
    running ??= run().finally(() => {
      running = undefined;
      if (dirty && !held) start();
    });
  };

  return {
    touch: () => {
      dirty = true;
      if (!held) start();
    },
    flush: async () => {
      dirty = false;
      if (!(await sendOnce())) dirty = true;
    },
    use: (next) => {
      commit = next;
      if (dirty && !held) start();
    },
    hold: () => {
      held = true;
    },
    release: () => {
      held = false;
      dirty = true;
      start();
    },
  };
};
