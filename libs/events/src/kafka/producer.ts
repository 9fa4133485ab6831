import { TaxonError } from '@taxon/errors';
import { Partitioners, type ICustomPartitioner, type Message, type Producer } from 'kafkajs';
import { bytesOf } from '../cloud-events.ts';
import type { EncodedEvent } from '../event.ts';
import { pause } from '../retry.ts';
import { abortable, atMost } from './abortable.ts';
import type { KafkaClient, OpenClient } from './kafka-client.ts';
import { isFatal } from './kafka-errors.ts';

/**
 * Of one request: all of it may fall into one partition's batch, and brokers take batches of 1,048,588 by default. One event
 * that is larger goes alone.
 */
const requestBytes = 1_000_000;
/** Length fields of a record, and of each of its headers, in Kafka's format: at most. */
const recordBytes = 40;
const headerBytes = 6;

/** Before a request that failed is sent by a new producer, in ms. */
const retryInterval = 200;

/** An event on its way: kafkajs's message, and what else is to be known of it. */
interface Entry extends Message {
  readonly topic: string;
  readonly bytes: number;
  readonly call: PublishCall;
}

/** One call of `publish`, which ends when all of its events are written. */
interface PublishCall {
  left: number;
  ended: boolean;
  end(error?: unknown): void;
}

interface OpenProducer {
  readonly client: KafkaClient;
  readonly producer: Producer;
}

/** Writes events in the order of the calls; calls that come while a request is under way share the next one. */
export interface BatchingProducer {
  /** Resolves when all are on all replicas in sync. @throws TaxonError `unavailable` after `timeout`, and what no waiting mends */
  send(events: readonly EncodedEvent[], signal?: AbortSignal): Promise<void>;
  close(): Promise<void>;
}

const sizeOf = (event: EncodedEvent): number =>
  bytesOf(event) + recordBytes + headerBytes * Object.keys(event.headers).length;

const byTopic = (entries: readonly Entry[]): { topic: string; messages: Entry[] }[] => {
  const topics = new Map<string, Entry[]>();
  for (const entry of entries) {
    const messages = topics.get(entry.topic);
    if (messages === undefined) topics.set(entry.topic, [entry]);
    else messages.push(entry);
  }
  return [...topics].map(([topic, messages]) => ({ topic, messages }));
};

/** kafkajs's own choice, by the key, which stays the same when a message is sent again: that is how it is known what arrived. */
const createPartitioner: ICustomPartitioner = () => {
  const choose = Partitioners.DefaultPartitioner();
  return (args) => (args.message.partition ??= choose(args));
};

const notThere = (timeout: number, brokers: readonly string[], cause?: unknown): TaxonError =>
  new TaxonError({
    code: 'unavailable',
    message: `no broker of kafka took the events within ${timeout} ms (events.url: ${brokers.join(', ')})`,
    hint: 'They may have been written nevertheless. Publish them again with the same ids: their effects are keyed by them.',
    cause,
  });

export const createBatchingProducer = (
  openClient: OpenClient,
  { timeout, brokers, prefix }: { timeout: number; brokers: readonly string[]; prefix: string },
): BatchingProducer => {
  let queue: Entry[] = [];
  let opened: Promise<OpenProducer> | undefined;
  let sending: Promise<void> | undefined;
  let closed = false;

  const open = async (): Promise<OpenProducer> => {
    const client = await openClient();
    const producer = client.kafka.producer({ idempotent: true, allowAutoTopicCreation: false, createPartitioner });
    try {
      await producer.connect();
    } catch (error) {
      client.kill();
      throw client.asError(error, 'publish to kafka');
    }
    return { client, producer };
  };

  /**
   * A producer whose request failed, or was given up, is not used again: the broker may have written that request, and would
   * take the next one, which has its sequence number, for a repetition of it.
   */
  const discard = async (): Promise<void> => {
    const discarded = opened;
    opened = undefined;
    await discarded?.then(({ client }) => client.kill()).catch(() => undefined);
  };

  /** @returns what kafkajs says it has sent and has not: a partition whose leader changed between its retries */
  const sendOnce = async (entries: readonly Entry[]): Promise<Entry[]> => {
    opened ??= open();
    const { client, producer } = await opened;
    const topicMessages = byTopic(entries);
    try {
      const written = await producer.sendBatch({ topicMessages, acks: -1 });
      return topicMessages.flatMap(({ topic, messages }) => {
        const arrived = new Set(
          written.filter(({ topicName }) => topicName === topic).map(({ partition }) => partition),
        );
        return messages.filter(({ partition = -1 }) => !arrived.has(partition));
      });
    } catch (error) {
      throw client.asError(error, 'publish to kafka');
    }
  };

  /** Until all are there; what no waiting mends is thrown. Events whose calls have ended are left out from then on. */
  const sendAll = async (entries: readonly Entry[], givenUp: AbortSignal): Promise<void> => {
    for (let left = [...entries]; left.length > 0; left = left.filter(({ call }) => !call.ended)) {
      try {
        left = await abortable(sendOnce(left), givenUp);
      } catch (error) {
        await discard();
        if (givenUp.aborted || !(error instanceof TaxonError) || isFatal(error)) throw error;
        await pause(retryInterval, givenUp);
      }
    }
  };

  /** The first of the queue that fit into a request. */
  const take = (): Entry[] => {
    let bytes = 0;
    let count = 0;
    for (const entry of queue) {
      bytes += entry.bytes;
      if (count > 0 && bytes > requestBytes) break;
      count++;
    }
    const taken = queue.slice(0, count);
    queue = queue.slice(count);
    return taken;
  };

  const deliver = async (entries: readonly Entry[]): Promise<void> => {
    const calls = new Set(entries.map(({ call }) => call));
    const givenUp = new AbortController();
    for (const call of calls) watchers.set(call, () => [...calls].every(({ ended }) => ended) && givenUp.abort());
    try {
      await sendAll(entries, givenUp.signal);
      for (const { call } of entries) if (--call.left === 0) call.end();
    } catch (error) {
      // Too large for its topic, for instance: the others are not to blame.
      if (calls.size > 1 && !givenUp.signal.aborted)
        for (const call of calls) await deliver(entries.filter((entry) => entry.call === call && !call.ended));
      else for (const call of calls) call.end(error);
    }
    for (const call of calls) watchers.delete(call);
  };

  const run = async (): Promise<void> => {
    for (let entries = take(); entries.length > 0; entries = take()) {
      await deliver(entries);
      queue = queue.filter(({ call }) => !call.ended);
    }
  };

  /** Of the calls whose events are under way: told when one ends before they are written. */
  const watchers = new Map<PublishCall, () => void>();

  const start = (): void => {
    // A turn later, so that calls of the same turn share a request.
    sending ??= Promise.resolve()
      .then(run)
      .finally(() => {
        sending = undefined;
        if (queue.length > 0) start();
      });
  };

  const enqueue = (events: readonly EncodedEvent[]): { call: PublishCall; done: Promise<void> } => {
    let end: PublishCall['end'] = () => undefined;
    const done = new Promise<void>((resolve, reject) => {
      end = (error) => {
        if (call.ended) return;
        call.ended = true;
        if (error === undefined) resolve();
        else reject(TaxonError.from(error));
        watchers.get(call)?.();
      };
    });
    const call: PublishCall = { left: events.length, ended: false, end: (error) => end(error) };
    for (const event of events) {
      const { topic, key, headers, value } = event;
      const bytes = Buffer.from(value.buffer, value.byteOffset, value.byteLength);
      queue.push({ topic: prefix + topic, key, headers, value: bytes, bytes: sizeOf(event), call });
    }
    return { call, done };
  };

  return {
    send: async (events, signal) => {
      if (closed) throw new TaxonError({ code: 'failed_precondition', message: 'the event bus is closed' });
      signal?.throwIfAborted();
      if (events.length === 0) return;
      const { call, done } = enqueue(events);
      const timer = setTimeout(() => call.end(notThere(timeout, brokers)), timeout);
      const aborted = (): void => call.end(signal?.reason);
      signal?.addEventListener('abort', aborted, { once: true });
      start();
      try {
        await done;
      } finally {
        clearTimeout(timer);
        signal?.removeEventListener('abort', aborted);
        if (call.left > 0) queue = queue.filter((entry) => entry.call !== call);
      }
    },
    close: async () => {
      if (closed) return;
      closed = true;
      // What was published before is written first, where there is a broker.
      if (sending !== undefined) await atMost(1_000, sending);
      const error = new TaxonError({ code: 'cancelled', message: 'the event bus was closed' });
      for (const call of new Set([...queue.map((entry) => entry.call), ...watchers.keys()])) call.end(error);
      const last = opened;
      if (last !== undefined)
        await atMost(
          500,
          last.then(({ producer }) => producer.disconnect()),
        );
      await atMost(200, discard());
      void last?.then(({ client }) => client.kill()).catch(() => undefined);
    },
  };
};
