import type { Assignment, Consumer, ConsumerGroupJoinEvent } from 'kafkajs';
import { pause } from '../retry.ts';
import { abortable, atMost } from './abortable.ts';
import { createCommitter } from './committer.ts';
import type { KafkaClient } from './kafka-client.ts';
import { createPartition, type Partition, type PartitionOptions } from './partition.ts';
import { findStarts } from './start-offsets.ts';
import { stickyAssigner } from './sticky-assigner.ts';
import type { TopicAdmin } from './topic-admin.ts';

export interface GroupMemberOptions extends Pick<PartitionOptions, 'slots' | 'dispatch'> {
  client: KafkaClient;
  admin: TopicAdmin;
  /** With the prefix. */
  groupId: string;
  /** With the prefix. */
  topics: readonly string[];
  prefix: string;
  from: 'earliest' | 'latest';
  /** In ms. */
  sessionTimeout: number;
  /** It takes part, and knows where its partitions begin. */
  onReady: () => void;
  /** What it goes on after. */
  onError: (error: unknown) => void;
}

/** One life of a kafkajs consumer; when it cannot go on another one begins. */
export interface GroupMember {
  /** Takes part; never resolves, and rejects when it cannot go on. */
  run(): Promise<never>;
  /** Asks the handlers to stop, waits for them, acknowledges what they have done, leaves. */
  leave(): Promise<void>;
  /** Breaks off. @returns when its handlers have ended */
  abandon(): Promise<void>;
}

/** kafkajs waits up to 5 s by default for something to fetch, and cannot be asked to join or to stop meanwhile. */
const maxWait = 100;
/** How long a group waits for its members to join again, in ms; they do so within a heartbeat, whatever their handlers do. */
const rebalanceTimeout = 30_000;
/** How long a fetch may wait for handlers to make room before its partition is paused: a paused one costs `maxWait`. */
const roomWait = 50;

const keyOf = (topic: string, partition: number): string => `${topic}/${partition}`;

export const createGroupMember = (options: GroupMemberOptions): GroupMember => {
  const { client, admin, groupId, topics, prefix, from, sessionTimeout, slots, dispatch, onReady } = options;
  /** By `topic/partition`, with the prefix. */
  const partitions = new Map<string, Partition>();
  /** Handlers that go on after their partition was taken away. */
  const leaving = new Set<Promise<void>>();
  const over = new AbortController();
  let memberId: string | undefined;
  /** Until when the group has no need to answer, by `performance.now()`. */
  let lastSign = 0;

  const tell = (error: unknown, doing: string): void => {
    if (!over.signal.aborted) options.onError(client.asError(error, doing));
  };
  const committer = createCommitter({
    partitions: () => partitions.values(),
    nameOf: (topic) => prefix + topic,
    onError: (error) => tell(error, `acknowledge events to the group ${groupId}`),
  });

  const onJoin = (): Assignment => {
    committer.hold();
    // The group answers when its other members have joined, too.
    lastSign = performance.now() + rebalanceTimeout;
    const owned: Assignment = {};
    for (const { topic, partition } of partitions.values()) (owned[prefix + topic] ??= []).push(partition);
    return owned;
  };
  const consumer: Consumer = client.kafka.consumer({
    groupId,
    partitionAssigners: [stickyAssigner({ onJoin })],
    sessionTimeout,
    rebalanceTimeout,
    heartbeatInterval: Math.min(500, sessionTimeout / 4),
    maxWaitTimeInMs: maxWait,
    allowAutoTopicCreation: false,
    // A new consumer begins instead, with connections of its own.
    retry: { restartOnFailure: () => Promise.resolve(false) },
  });

  const loseAll = (lost: Iterable<Partition>): void => {
    for (const partition of lost) {
      const ended = partition.lose();
      leaving.add(ended);
      void ended.finally(() => leaving.delete(ended));
    }
  };
  const place = ({ topic, partition }: Partition) => ({ topic: prefix + topic, partitions: [partition] });
  const resume = (one: Partition): void => {
    if (!over.signal.aborted && !one.signal.aborted) consumer.resume([place(one)]);
  };
  const seek = ({ topic, partition, next }: Partition): void => {
    if (next !== undefined) consumer.seek({ topic: prefix + topic, partition, offset: String(next) });
  };

  /** Begins with those of which it can be known where. */
  const tryBegin = async (waiting: readonly Partition[]): Promise<void> => {
    const wanted = [...new Set(waiting.map(({ topic }) => prefix + topic))];
    // One member tells the group where it begins, for all.
    const isFirst = (topic: string): boolean => partitions.has(keyOf(topic, 0));
    const { starts, unseen } = await abortable(findStarts(admin, groupId, wanted, { from, isFirst }), over.signal);
    if (unseen.length > 0) await consumer.commitOffsets(unseen);
    for (const one of waiting) {
      const start = starts.get(keyOf(prefix + one.topic, one.partition));
      if (start === undefined || one.signal.aborted || over.signal.aborted) continue;
      one.begin(start);
      one.committed = start;
      seek(one);
      resume(one);
    }
  };

  /**
   * Finds where new partitions begin, and lets them. Tries until it knows, or they are gone.
   * @returns false where they are gone: another assignment has come, and the group may not have begun
   */
  const begin = async (fresh: readonly Partition[]): Promise<boolean> => {
    for (let wait = 50; ; wait = 50) {
      const mine = fresh.filter(({ signal }) => !signal.aborted);
      if (over.signal.aborted || (mine.length === 0 && fresh.length > 0)) return false;
      const waiting = mine.filter(({ next }) => next === undefined);
      if (waiting.length === 0) return true;
      try {
        await tryBegin(waiting);
        if (waiting.every(({ next }) => next !== undefined)) return true;
      } catch (error) {
        tell(error, `find where the group ${groupId} begins`);
        wait = 200;
      }
      await pause(wait, over.signal);
    }
  };

  const take = (topic: string, partition: number): Partition => {
    const taken = createPartition({
      topic: topic.slice(prefix.length),
      ...{ partition, slots, dispatch },
      onDone: () => committer.touch(),
      onRoom: () => resume(taken),
    });
    partitions.set(keyOf(topic, partition), taken);
    consumer.pause([place(taken)]);
    return taken;
  };

  /** kafkajs calls it before it goes on: nothing is fetched of the new partitions before it has returned. */
  const joined = ({ payload }: ConsumerGroupJoinEvent): void => {
    lastSign = performance.now();
    const assigned = Object.entries(payload.memberAssignment).flatMap(([topic, numbers]) =>
      numbers.map((partition) => ({ topic, partition, key: keyOf(topic, partition) })),
    );
    // Under another name we were away, and what we had went to others meanwhile.
    const kept = new Set(payload.memberId === memberId ? assigned.map(({ key }) => key) : []);
    memberId = payload.memberId;
    const lost = [...partitions].filter(([key]) => !kept.has(key));
    for (const [key] of lost) partitions.delete(key);
    loseAll(lost.map(([, partition]) => partition));
    // kafkajs begins again at what is acknowledged, but later events of these are here already.
    for (const partition of partitions.values()) seek(partition);
    const fresh = assigned.filter(({ key }) => !partitions.has(key));
    const taken = fresh.map(({ topic, partition }) => take(topic, partition));
    committer.release();
    void begin(taken).then((begun) => {
      if (begun) onReady();
    });
  };

  const consume = async (): Promise<void> => {
    await consumer.connect();
    await consumer.subscribe({ topics: [...topics], fromBeginning: true });
    await consumer.run({
      autoCommit: false,
      // What a fetch brings goes to the partitions' own queues, so that none of them holds up kafkajs or the others.
      partitionsConsumedConcurrently: 8,
      eachBatch: async (payload) => {
        const { batch } = payload;
        committer.use((offsets) => payload.commitOffsetsIfNecessary(offsets));
        const partition = partitions.get(keyOf(batch.topic, batch.partition));
        if (partition === undefined) return;
        partition.push(batch.messages);
        if (!partition.isFull()) return;
        await partition.room(roomWait);
        if (partition.isFull() && !partition.signal.aborted) consumer.pause([place(partition)]);
      },
    });
  };

  /** Rejects when the consumer cannot go on. */
  const watch = (): Promise<never> =>
    new Promise((_, reject) => {
      consumer.on(consumer.events.GROUP_JOIN, joined);
      consumer.on(consumer.events.HEARTBEAT, () => {
        lastSign = performance.now();
      });
      // On the way before the request to join, on the same connection: what is done now still counts.
      consumer.on(consumer.events.REBALANCING, () => void committer.flush());
      consumer.on(consumer.events.CRASH, ({ payload }) => reject(payload.error));
      // kafkajs does not look for another coordinator while the one it knows does not answer. Where no broker answers, waiting is
      // right: one that comes back still knows its members.
      const timer = setInterval(() => {
        if (!client.isConnected()) lastSign = performance.now();
        const silent = performance.now() - lastSign;
        if (memberId !== undefined && silent > sessionTimeout)
          reject(new Error(`the group has not answered for ${silent.toFixed(0)} ms`));
      }, sessionTimeout / 4);
      over.signal.addEventListener('abort', () => clearInterval(timer));
    });

  return {
    run: async () => {
      const broken = watch();
      await Promise.race([consume(), broken]);
      return broken;
    },
    leave: async () => {
      const all = [...partitions.values()];
      await Promise.all(all.map((partition) => partition.finish()));
      await atMost(700, committer.flush());
      over.abort();
      loseAll(all);
      await atMost(800, consumer.disconnect());
      client.kill();
      await Promise.all(leaving);
    },
    abandon: async () => {
      over.abort();
      loseAll(partitions.values());
      client.kill();
      void atMost(10_000, consumer.disconnect());
      await Promise.all(leaving);
    },
  };
};
