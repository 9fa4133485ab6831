import { TaxonError, invalidInput } from '@taxon/errors';
import type { Assignment, Consumer, ConsumerGroupJoinEvent } from 'kafkajs';
import type { Dispatcher } from '../dispatcher.ts';
import type { SubscribeOptions, Subscription } from '../event-bus.ts';
import { pause, retryDelay } from '../retry.ts';
import { abortable, atMost } from './abortable.ts';
import { createCommitter, type Committer } from './committer.ts';
import type { KafkaClient, OpenClient } from './kafka-client.ts';
import { isFatal } from './kafka-errors.ts';
import { createPartition, createSlots, type Partition } from './partition.ts';
import { findStarts } from './start-offsets.ts';
import { stickyAssigner } from './sticky-assigner.ts';
import type { TopicAdmin } from './topic-admin.ts';

export interface KafkaSubscriptionOptions extends Pick<SubscribeOptions, 'group' | 'from' | 'concurrency' | 'onError'> {
  dispatcher: Dispatcher;
  openClient: OpenClient;
  admin: TopicAdmin;
  prefix: string;
  /** In ms. */
  sessionTimeout: number;
}

/** What one life of a kafkajs consumer has; it ends when the consumer cannot go on, and another one begins. */
interface Life {
  readonly client: KafkaClient;
  readonly consumer: Consumer;
  readonly committer: Committer;
  readonly partitions: Map<string, Partition>;
  /** Aborts when it is over. */
  readonly over: AbortController;
  memberId: string | undefined;
  /** Until when the group has no need to answer, by `performance.now()`. */
  lastSign: number;
}

/** kafkajs waits up to 5 s by default for something to fetch, and cannot be asked to join or to stop meanwhile. */
const maxWait = 100;
/** How long a group waits for its members to join again, in ms; they do so within a heartbeat, whatever their handlers do. */
const rebalanceTimeout = 30_000;
/** Between two lives, in ms: doubles with each that does not get as far as joining. */
const restarts = { attempts: 1, firstDelay: 200, longestDelay: 5_000 };
/** How long a fetch may wait for handlers to make room before its partition is paused: a paused one costs `maxWait`. */
const roomWait = 50;

const keyOf = (topic: string, partition: number): string => `${topic}/${partition}`;

export const subscribeToKafka = (options: KafkaSubscriptionOptions): Subscription => {
  const { dispatcher, openClient, admin, prefix, sessionTimeout, group, from = 'earliest', concurrency = 1 } = options;
  if (group === '') throw invalidInput('the group of a subscription is empty');
  if (!Number.isInteger(concurrency) || concurrency < 1)
    throw invalidInput(`concurrency is ${concurrency}; it must be a whole number of at least 1`);
  if (dispatcher.topics.length === 0)
    throw invalidInput('handlers of a subscription has none; it must have one at least');
  const groupId = prefix + group;
  const names = dispatcher.topics.map((topic) => prefix + topic);
  const slots = createSlots(concurrency);
  const closing = new AbortController();
  let life: Life | undefined;
  /** Handlers that go on after their partition was taken away. */
  const leaving = new Set<Promise<void>>();

  let settleReady: { resolve: () => void; reject: (error: unknown) => void } | undefined;
  const ready = new Promise<void>((resolve, reject) => (settleReady = { resolve, reject }));
  ready.catch(() => undefined);

  const tell = (error: unknown): void => {
    try {
      options.onError?.(error);
    } catch {
      // Told or not, the subscription goes on.
    }
  };

  const loseAll = (partitions: Iterable<Partition>): void => {
    for (const partition of partitions) {
      const ended = partition.lose();
      leaving.add(ended);
      void ended.finally(() => leaving.delete(ended));
    }
  };

  const resume = ({ consumer, over }: Life, { topic, partition, signal }: Partition): void => {
    if (!over.signal.aborted && !signal.aborted) consumer.resume([{ topic: prefix + topic, partitions: [partition] }]);
  };

  /** Finds where new partitions begin, and lets them. Tries until it knows, or they are gone. */
  const begin = async (current: Life, fresh: readonly Partition[]): Promise<void> => {
    const { consumer, over } = current;
    for (;;) {
      const waiting = fresh.filter(({ signal }) => !signal.aborted);
      if (over.signal.aborted || waiting.length === 0) return;
      try {
        const wanted = [...new Set(waiting.map(({ topic }) => prefix + topic))];
        const { starts, unseen } = await abortable(findStarts(admin, groupId, wanted, from), over.signal);
        if (unseen.length > 0) await consumer.commitOffsets(unseen);
        for (const one of waiting.filter(({ signal }) => !signal.aborted)) {
          const { topic, partition } = one;
          one.begin(starts.get(keyOf(prefix + topic, partition)) ?? 0n);
          one.committed = one.done;
          consumer.seek({ topic: prefix + topic, partition, offset: String(one.next) });
          resume(current, one);
        }
        return;
      } catch (error) {
        if (current.over.signal.aborted) return;
        tell(current.client.asError(error, `find where the group ${group} begins`));
        await pause(200, over.signal);
      }
    }
  };

  const take = (current: Life, topic: string, partition: number): Partition => {
    const taken = createPartition({
      topic: topic.slice(prefix.length),
      partition,
      slots,
      dispatch: (stored, signal) => dispatcher.dispatch(stored, { signal }),
      onDone: () => current.committer.touch(),
      onRoom: () => resume(current, taken),
    });
    current.partitions.set(keyOf(topic, partition), taken);
    current.consumer.pause([{ topic, partitions: [partition] }]);
    return taken;
  };

  /** Called by kafkajs before it goes on: nothing is fetched for the new members before this has returned. */
  const joined = (current: Life, { payload }: ConsumerGroupJoinEvent): void => {
    const { partitions, consumer, committer } = current;
    current.lastSign = performance.now();
    const assigned = Object.entries(payload.memberAssignment).flatMap(([topic, numbers]) =>
      numbers.map((partition) => ({ topic, partition, key: keyOf(topic, partition) })),
    );
    // Under another name we were away, and what we had went to others meanwhile.
    const kept = payload.memberId === current.memberId ? new Set(assigned.map(({ key }) => key)) : new Set<string>();
    current.memberId = payload.memberId;
    const lost = [...partitions].filter(([key]) => !kept.has(key));
    for (const [key] of lost) partitions.delete(key);
    loseAll(lost.map(([, partition]) => partition));
    // kafkajs begins again at what is acknowledged, but later events of these are here already.
    for (const { topic, partition, next } of partitions.values())
      if (next !== undefined) consumer.seek({ topic: prefix + topic, partition, offset: String(next) });
    const fresh = assigned.filter(({ key }) => !partitions.has(key));
    const taken = fresh.map(({ topic, partition }) => take(current, topic, partition));
    committer.release();
    void begin(current, taken).then(() => settleReady?.resolve());
  };

  const owned = (partitions: Life['partitions']): Assignment => {
    const assignment: Assignment = {};
    for (const { topic, partition } of partitions.values()) (assignment[prefix + topic] ??= []).push(partition);
    return assignment;
  };

  const createLife = (client: KafkaClient): Life => {
    const partitions: Life['partitions'] = new Map();
    const over = new AbortController();
    const committer = createCommitter({
      partitions: () => partitions.values(),
      nameOf: (topic) => prefix + topic,
      onError: (error) =>
        over.signal.aborted || tell(client.asError(error, `acknowledge events to the group ${group}`)),
    });
    const onJoin = (): Assignment => {
      committer.hold();
      // The group answers when its other members have joined, too.
      created.lastSign = performance.now() + rebalanceTimeout;
      return owned(partitions);
    };
    const consumer = client.kafka.consumer({
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
    const created: Life = { client, consumer, committer, partitions, over, memberId: undefined, lastSign: 0 };
    return created;
  };

  const run = async (current: Life): Promise<void> => {
    const { consumer, committer, partitions } = current;
    await consumer.connect();
    await consumer.subscribe({ topics: names, fromBeginning: true });
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
        if (partition.isFull() && !partition.signal.aborted)
          consumer.pause([{ topic: batch.topic, partitions: [batch.partition] }]);
      },
    });
  };

  /** Rejects when the consumer cannot go on. */
  const watch = (current: Life): Promise<never> => {
    const { consumer, committer, over } = current;
    return new Promise((_, reject) => {
      consumer.on(consumer.events.GROUP_JOIN, (event) => joined(current, event));
      consumer.on(consumer.events.HEARTBEAT, () => void (current.lastSign = performance.now()));
      // On the way before the request to join, on the same connection: what is done now still counts.
      consumer.on(consumer.events.REBALANCING, () => void committer.flush());
      consumer.on(consumer.events.CRASH, ({ payload }) => reject(payload.error));
      // kafkajs does not look for another coordinator while the one it knows does not answer. Where no broker answers, waiting is right:
      // one that comes back still knows its members.
      const timer = setInterval(() => {
        if (!current.client.isConnected()) current.lastSign = performance.now();
        const silent = performance.now() - current.lastSign;
        if (current.memberId !== undefined && silent > sessionTimeout)
          reject(new Error(`the group has not answered for ${silent.toFixed(0)} ms`));
      }, sessionTimeout / 4);
      over.signal.addEventListener('abort', () => clearInterval(timer));
    });
  };

  const endLife = (current: Life): void => {
    current.over.abort();
    loseAll(current.partitions.values());
    current.client.kill();
    void atMost(10_000, current.consumer.disconnect());
    life = undefined;
  };

  /** @returns the error that ended it */
  const live = async (onJoin: () => void): Promise<TaxonError | undefined> => {
    let client: KafkaClient | undefined;
    try {
      await admin.ensure(names, closing.signal);
      client = await openClient();
      life = createLife(client);
      const broken = watch(life);
      life.consumer.on(life.consumer.events.GROUP_JOIN, onJoin);
      broken.catch(() => undefined);
      await abortable(Promise.race([run(life), broken]), closing.signal);
      await abortable(broken, closing.signal);
      return undefined;
    } catch (error) {
      if (closing.signal.aborted) return undefined;
      if (life !== undefined) endLife(life);
      return client === undefined ? TaxonError.from(error) : client.asError(error, `consume as ${group} from kafka`);
    }
  };

  const main = (async () => {
    const was = { ready: false };
    void ready.then(() => (was.ready = true)).catch(() => undefined);
    for (let failures = 1; !closing.signal.aborted; failures++) {
      const error = await live(() => (failures = 0));
      if (error === undefined) return;
      tell(error);
      // A wrong password does not become right by waiting; where it worked before, the brokers may be in the middle of a change.
      if (!was.ready && isFatal(error)) return settleReady?.reject(error);
      await pause(retryDelay(restarts, Math.max(1, failures)), closing.signal);
    }
  })();

  const leave = async ({ client, consumer, committer, partitions, over }: Life): Promise<void> => {
    const all = [...partitions.values()];
    await Promise.all(all.map((partition) => partition.finish()));
    await atMost(700, committer.flush());
    over.abort();
    loseAll(all);
    await atMost(800, consumer.disconnect());
    client.kill();
  };

  let closed: Promise<void> | undefined;
  const close = (): Promise<void> =>
    (closed ??= (async () => {
      closing.abort();
      settleReady?.reject(new TaxonError({ code: 'cancelled', message: `the subscription of ${group} was closed` }));
      await main;
      if (life !== undefined) await leave(life);
      await Promise.all(leaving);
    })());

  return { ready, close, [Symbol.asyncDispose]: close };
};
