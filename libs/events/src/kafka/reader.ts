import { TaxonError } from '@taxon/errors';
import type { Cluster, KafkaMessage } from 'kafkajs';
import type { ReadOptions } from '../event-bus.ts';
import type { StoredEvent } from '../event.ts';
import { pause } from '../retry.ts';
import { abortable } from './abortable.ts';
import type { KafkaClient, OpenClient } from './kafka-client.ts';
import { isFatal } from './kafka-errors.ts';
import { stickyAssigner } from './sticky-assigner.ts';
import { toStoredEvent } from './stored-event.ts';
import type { TopicAdmin } from './topic-admin.ts';

/** How far reading is in one partition. */
interface Place {
  readonly partition: number;
  next: bigint;
  /** Exclusive; undefined: there is no end. */
  readonly end: bigint | undefined;
}

/** What kafkajs's `Broker.fetch` answers; its types say `any`. */
interface FetchResponse {
  responses: {
    topicName: string;
    partitions: { partition: number; messages: (KafkaMessage & { isControlRecord?: boolean })[] }[];
  }[];
}

export interface KafkaReadOptions extends ReadOptions {
  openClient: OpenClient;
  admin: TopicAdmin;
  prefix: string;
  /** Ends all reading. */
  closed: AbortSignal;
}

const fetchWait = 200;
const partitionBytes = 1_000_000;

/** Asked anew: the reader may have aborted it meanwhile. */
const isAborted = (signal: AbortSignal): boolean => signal.aborted;

const placesOf = async (admin: TopicAdmin, name: string, { from, follow }: ReadOptions): Promise<Place[]> => {
  const offsets = await admin.offsets(name);
  const since = from instanceof Date ? await admin.offsetsSince(name, from) : undefined;
  return offsets.map(({ partition, low, high }) => ({
    partition,
    next: since?.get(partition) ?? (from === 'latest' ? high : low),
    end: follow === true ? undefined : high,
  }));
};

/** Asks the leaders of the partitions, as a consumer does; no group is told. */
const fetchOnce = async (cluster: Cluster, name: string, places: readonly Place[]): Promise<StoredEvent[]> => {
  await cluster.addMultipleTargetTopics([name]);
  await cluster.refreshMetadataIfNecessary();
  const byLeader = cluster.findLeaderForPartitions(
    name,
    places.map(({ partition }) => partition),
  );
  const requests = Object.entries(byLeader).map(async ([nodeId, numbers]) => {
    const broker = await cluster.findBroker({ nodeId });
    const partitions = places
      .filter(({ partition }) => numbers.includes(partition))
      .map(({ partition, next }) => ({ partition, fetchOffset: String(next), maxBytes: partitionBytes }));
    return (await broker.fetch({
      // Transactions of others that were aborted are not read.
      isolationLevel: 1,
      maxWaitTime: fetchWait,
      topics: [{ topic: name, partitions }],
    })) as FetchResponse;
  });
  const answers = await Promise.all(requests);
  return answers.flatMap(({ responses }) =>
    responses.flatMap(({ partitions }) =>
      partitions.flatMap(({ partition, messages }) => {
        const place = places.find((one) => one.partition === partition);
        return place === undefined ? [] : advance(place, name, messages);
      }),
    ),
  );
};

const advance = (place: Place, topic: string, messages: FetchResponse['responses'][0]['partitions'][0]['messages']) => {
  const events: StoredEvent[] = [];
  for (const message of messages) {
    const offset = BigInt(message.offset);
    // A batch is sent whole, also where it begins before what was asked for.
    if (offset < place.next || (place.end !== undefined && offset >= place.end)) continue;
    place.next = offset + 1n;
    if (message.isControlRecord !== true) events.push(toStoredEvent(topic, place.partition, message));
  }
  return events;
};

/** kafkajs shows its cluster, whose brokers can be asked to fetch, to partition assigners alone: those of a consumer that never joins. */
const openCluster = async (openClient: OpenClient): Promise<{ client: KafkaClient; cluster: Cluster }> => {
  const client = await openClient();
  const shown: Cluster[] = [];
  const assigner = stickyAssigner({ onJoin: () => ({}), onCluster: (cluster) => shown.push(cluster) });
  client.kafka.consumer({ groupId: 'never-joined', partitionAssigners: [assigner], allowAutoTopicCreation: false });
  const [cluster] = shown;
  if (cluster === undefined) throw new TaxonError({ code: 'internal', message: 'kafkajs made no partition assigner' });
  try {
    await cluster.connect();
  } catch (error) {
    client.kill();
    throw client.asError(error, 'read from kafka');
  }
  return { client, cluster };
};

/** What retention has deleted meanwhile is passed over. */
const skipDeleted = async (admin: TopicAdmin, name: string, places: readonly Place[]): Promise<void> => {
  for (const { partition, low } of await admin.offsets(name)) {
    const place = places.find((one) => one.partition === partition);
    if (place !== undefined && place.next < low) place.next = low;
  }
};

/** Asks until there is an answer; one try where it is read to an end. */
const fetchSafely = async (
  { client, cluster }: { client: KafkaClient; cluster: Cluster },
  { admin, topic, follow }: Pick<KafkaReadOptions, 'admin' | 'topic' | 'follow'>,
  { name, places, stop }: { name: string; places: readonly Place[]; stop: AbortSignal },
): Promise<StoredEvent[]> => {
  try {
    return await abortable(fetchOnce(cluster, name, places), stop);
  } catch (error) {
    if (stop.aborted) return [];
    const known = client.asError(error, `read ${topic} from kafka`);
    const deleted = (error as { type?: string }).type === 'OFFSET_OUT_OF_RANGE';
    if (isFatal(known) || (follow !== true && !deleted)) throw known;
    await pause(200, stop);
    const mended = deleted ? skipDeleted(admin, name, places) : cluster.refreshMetadata();
    await abortable(mended, stop).catch(() => undefined);
    return [];
  }
};

/** In the order of each partition; what a fetch brings of several is sorted by time. */
export async function* readFromKafka(options: KafkaReadOptions): AsyncGenerator<StoredEvent, void, undefined> {
  const { topic, openClient, admin, prefix, closed, signal, follow = false } = options;
  const stop = AbortSignal.any([closed, ...(signal === undefined ? [] : [signal])]);
  const name = prefix + topic;
  if (stop.aborted) return;
  if (!(await admin.list()).includes(name)) {
    if (!follow) return;
    await admin.ensure([name], stop);
  }
  const places = await placesOf(admin, name, options);
  const opened = await openCluster(openClient);
  const { kill } = opened.client;
  stop.addEventListener('abort', kill, { once: true });
  try {
    for (let open = [...places]; !stop.aborted;) {
      open = open.filter(({ next, end }) => end === undefined || next < end);
      if (open.length === 0) return;
      const events = await fetchSafely(opened, options, { name, places: open, stop });
      events.sort((a, b) => a.timestamp.getTime() - b.timestamp.getTime());
      for (const event of events) {
        if (isAborted(stop)) return;
        yield { ...event, topic };
      }
    }
  } finally {
    stop.removeEventListener('abort', kill);
    kill();
  }
}
