import { setTimeout } from 'node:timers/promises';
import type { Admin, KafkaJSDeleteGroupsError } from 'kafkajs';
import { abortable } from './abortable.ts';
import type { KafkaClient, OpenClient } from './kafka-client.ts';
import { lacksLeader } from './kafka-errors.ts';
import type { KafkaOptions } from './kafka-options.ts';

/** Of one partition: of its first event, of the one that will come next, and of the first that a group has not acknowledged. */
export interface PartitionOffsets {
  partition: number;
  low: bigint;
  high: bigint;
}

/** What is asked of a cluster beside events. Names are the cluster's own, with the prefix. */
export interface TopicAdmin {
  /** Whether all are known to be there. */
  knows(topics: readonly string[]): boolean;
  /** Creates those that are missing. @throws TaxonError; the signal's reason */
  ensure(topics: readonly string[], signal?: AbortSignal): Promise<void>;
  list(): Promise<string[]>;
  offsets(topic: string): Promise<PartitionOffsets[]>;
  /** The first offset of each partition that is not older; of a partition without one, the next to come. */
  offsetsSince(topic: string, time: Date): Promise<Map<number, bigint>>;
  /** By topic and partition; partitions that the group has acknowledged nothing of are missing. */
  committed(group: string, topics?: readonly string[]): Promise<Map<string, Map<number, bigint>>>;
  /** Names of all groups of consumers. */
  groups(): Promise<string[]>;
  /** @returns `living` or `absent` where it could not be done */
  forgetGroup(group: string): Promise<'forgotten' | 'living' | 'absent'>;
  /** Asks again, next time, which topics there are. */
  forget(): void;
  close(): Promise<void>;
}

/** Looks at new topics so many times, and so many ms apart. */
const looks = { most: 100, apart: 100 };

/** Tries again what brokers refuse about a topic that is new, or whose leader moves. */
const whileUnsettled = async <T>(work: () => Promise<T>): Promise<T> => {
  for (let look = 1; ; look++)
    try {
      return await work();
    } catch (error) {
      if (look === looks.most || !lacksLeader(error)) throw error;
      await setTimeout(looks.apart);
    }
};

/** Brokers hear of a new topic one after the other; until all know its leaders, they do not take or give its events. */
const settle = async (admin: Admin, topics: readonly string[]): Promise<void> => {
  for (let look = 1; ; look++) {
    const found = await whileUnsettled(() => admin.fetchTopicMetadata({ topics: [...topics] }));
    if (found.topics.every(({ partitions }) => partitions.every(({ leader }) => leader >= 0))) return;
    if (look === looks.most) throw new Error(`${topics.join(', ')}: without leaders`);
    await setTimeout(looks.apart);
  }
};

/** NON_EMPTY_GROUP and GROUP_ID_NOT_FOUND of Kafka's protocol. */
const refusals = new Map<number, 'living' | 'absent'>([
  [68, 'living'],
  [69, 'absent'],
]);

export const createTopicAdmin = (openClient: OpenClient, options: KafkaOptions): TopicAdmin => {
  const { partitions = 6, replicationFactor = -1, topicConfig = {} } = options;
  const there = new Set<string>();
  let opened: Promise<{ client: KafkaClient; admin: Admin }> | undefined;
  const closed = new AbortController();

  const open = async (): Promise<{ client: KafkaClient; admin: Admin }> => {
    const client = await openClient();
    closed.signal.addEventListener('abort', client.kill);
    const admin = client.kafka.admin();
    try {
      await admin.connect();
    } catch (error) {
      client.kill();
      opened = undefined;
      throw client.asError(error, 'reach kafka');
    }
    return { client, admin };
  };

  const call = async <T>(doing: string, work: (admin: Admin) => Promise<T>, signal?: AbortSignal): Promise<T> => {
    closed.signal.throwIfAborted();
    opened ??= open();
    const connection = opened;
    const run = async (): Promise<T> => {
      const { client, admin } = await connection;
      try {
        return await whileUnsettled(() => work(admin));
      } catch (error) {
        // A connection that broke is not mended by kafkajs in every case: the next call opens another.
        if (opened === connection) opened = undefined;
        client.kill();
        throw client.asError(error, doing);
      }
    };
    return abortable(run(), AbortSignal.any([closed.signal, ...(signal === undefined ? [] : [signal])]));
  };

  const create = (topics: readonly string[]) => async (admin: Admin) => {
    const missing = new Set(topics);
    for (const topic of await admin.listTopics()) missing.delete(topic);
    if (missing.size === 0) return settle(admin, topics);
    const configEntries = Object.entries(topicConfig).map(([name, value]) => ({ name, value }));
    const wanted = [...missing].map((topic) => ({
      topic,
      numPartitions: partitions,
      replicationFactor,
      configEntries,
    }));
    // `false` where another process was quicker.
    await admin.createTopics({ topics: wanted, timeout: 10_000, waitForLeaders: false });
    await settle(admin, topics);
  };

  return {
    knows: (topics) => topics.every((topic) => there.has(topic)),
    ensure: async (topics, signal) => {
      const unknown = topics.filter((topic) => !there.has(topic));
      if (unknown.length === 0) return;
      await call(`create ${unknown.join(', ')} on kafka`, create(unknown), signal);
      for (const topic of unknown) there.add(topic);
    },
    list: () => call('list topics of kafka', (admin) => admin.listTopics()),
    offsets: (topic) =>
      call(`read offsets of ${topic}`, async (admin) => {
        const offsets = await admin.fetchTopicOffsets(topic);
        return offsets.map(({ partition, low, high }) => ({ partition, low: BigInt(low), high: BigInt(high) }));
      }),
    offsetsSince: (topic, time) =>
      call(`read offsets of ${topic}`, async (admin) => {
        const offsets = await admin.fetchTopicOffsetsByTimestamp(topic, time.getTime());
        return new Map(offsets.map(({ partition, offset }) => [partition, BigInt(offset)]));
      }),
    committed: (groupId, topics) =>
      call(`read offsets of the group ${groupId}`, async (admin) => {
        const found = await admin.fetchOffsets({ groupId, ...(topics !== undefined && { topics: [...topics] }) });
        return new Map(
          found.map(({ topic, partitions: offsets }) => {
            const acknowledged = offsets.filter(({ offset }) => offset !== '-1');
            return [topic, new Map(acknowledged.map(({ partition, offset }) => [partition, BigInt(offset)]))];
          }),
        );
      }),
    groups: () =>
      call('list groups of kafka', async (admin) => {
        const { groups } = await admin.listGroups();
        return groups
          .filter(({ protocolType }) => protocolType === 'consumer' || protocolType === '')
          .map(({ groupId }) => groupId);
      }),
    forgetGroup: (groupId) =>
      call(`forget the group ${groupId}`, async (admin) => {
        try {
          await admin.deleteGroups([groupId]);
          return 'forgotten';
        } catch (error) {
          // By its name: Node finds no such export of a CommonJS package.
          const { name, groups = [] } = error as Partial<KafkaJSDeleteGroupsError>;
          const known = name === 'KafkaJSDeleteGroupsError' ? refusals.get(groups[0]?.errorCode ?? 0) : undefined;
          if (known === undefined) throw error;
          return known;
        }
      }),
    forget: () => there.clear(),
    close: async () => {
      closed.abort();
      await opened?.catch(() => undefined);
    },
  };
};
