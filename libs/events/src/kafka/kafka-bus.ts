import { TaxonError, invalidInput } from '@taxon/errors';
import { encodeEvents } from '../cloud-events.ts';
import { createDispatcher, type Observation } from '../dispatcher.ts';
import type { EventBus, GroupLag, Subscription } from '../event-bus.ts';
import type { EncodedEvent } from '../event.ts';
import { abortable } from './abortable.ts';
import { clientOpener } from './kafka-client.ts';
import type { KafkaOptions } from './kafka-options.ts';
import { createBatchingProducer } from './producer.ts';
import { readFromKafka } from './reader.ts';
import { subscribeToKafka } from './subscription.ts';
import { createTopicAdmin } from './topic-admin.ts';

const check = (name: string, value: number, least: number): void => {
  if (!Number.isInteger(value) || value < least)
    throw invalidInput(`${name} is ${value}; it must be a whole number of at least ${least}`);
};

/** All topics of ours, in every version. */
const isOurs = (topic: string): boolean => topic.startsWith('taxon.');

/**
 * An event bus on Kafka. Nothing is connected before it is needed.
 * @throws TaxonError `invalid_input` naming the option
 */
export const createKafkaBus = (options: KafkaOptions): EventBus => {
  const { prefix = '', publishTimeout = 60_000, sessionTimeout = 30_000, brokers, observe } = options;
  check('publishTimeout', publishTimeout, 1);
  check('sessionTimeout', sessionTimeout, 500);
  check('events.partitions', options.partitions ?? 1, 1);
  check('replicationFactor', options.replicationFactor === -1 ? 1 : (options.replicationFactor ?? 1), 1);
  if (!/^[\w.-]{0,100}$/u.test(prefix))
    throw invalidInput(
      `events.prefix is '${prefix}'; it may have letters, digits, dots, dashes and underscores, 100 at most`,
    );
  const openClient = clientOpener(options);
  const admin = createTopicAdmin(openClient, options);
  const producer = createBatchingProducer(openClient, { timeout: publishTimeout, brokers, prefix });
  const subscriptions = new Set<Subscription>();
  const closed = new AbortController();

  const checkOpen = (): void => {
    if (closed.signal.aborted)
      throw new TaxonError({ code: 'failed_precondition', message: 'the event bus is closed' });
  };

  /** Creating a topic is waited for as long as writing to it. */
  const ensure = async (topics: readonly string[], signal: AbortSignal | undefined): Promise<void> => {
    const late = new AbortController();
    const timer = setTimeout(() => {
      const message = `no broker of kafka answered within ${publishTimeout} ms (events.url: ${brokers.join(', ')})`;
      const hint =
        'Are they running? Those that speak TLS or ask for a password need events.tls and events.saslMechanism.';
      late.abort(new TaxonError({ code: 'unavailable', message, hint }));
    }, publishTimeout);
    try {
      const stop = AbortSignal.any([late.signal, ...(signal === undefined ? [] : [signal])]);
      await abortable(admin.ensure(topics, stop), stop);
    } finally {
      clearTimeout(timer);
    }
  };

  const write = async (events: readonly EncodedEvent[], signal?: AbortSignal): Promise<void> => {
    checkOpen();
    try {
      signal?.throwIfAborted();
      const topics = [...new Set(events.map(({ topic }) => topic))].map((topic) => prefix + topic);
      if (!admin.knows(topics)) await ensure(topics, signal);
      await producer.send(events, signal);
    } catch (error) {
      if (signal?.aborted === true)
        throw new TaxonError({ code: 'cancelled', message: 'publishing was cancelled', cause: error });
      if (closed.signal.aborted)
        throw new TaxonError({ code: 'cancelled', message: 'the event bus was closed', cause: error });
      // Somebody may have deleted a topic.
      if (error instanceof TaxonError && error.code === 'unavailable') admin.forget();
      throw error;
    }
  };

  const ours = async (): Promise<string[]> => {
    const names = (await admin.list()).filter((name) => name.startsWith(prefix));
    return names.map((name) => name.slice(prefix.length)).filter(isOurs);
  };

  const holds = async (topic: string): Promise<boolean> =>
    (await admin.offsets(prefix + topic)).some(({ low, high }) => high > low);

  const lagOf = async (group: string, topic: string, committed: ReadonlyMap<number, bigint>): Promise<GroupLag> => {
    let events = 0n;
    for (const { partition, low, high } of await admin.offsets(prefix + topic)) {
      const done = committed.get(partition) ?? low;
      events += high - (done > low ? done : low);
    }
    return { group, topic, events: Number(events) };
  };

  const closeAll = async (): Promise<void> => {
    closed.abort();
    await Promise.all([...subscriptions].map((subscription) => subscription.close()));
    await Promise.all([producer.close(), admin.close()]);
  };
  let closing: Promise<void> | undefined;
  const close = (): Promise<void> => (closing ??= closeAll());

  return {
    publish: async (events, { signal } = {}) => {
      if (events.length > 0) await write(encodeEvents(events), signal);
    },
    republish: (topic, events) =>
      events.length === 0
        ? Promise.resolve()
        : write(events.map(({ key, headers, value }) => ({ topic, key, headers, value }))),
    subscribe: ({ group, from, concurrency, ...rest }) => {
      checkOpen();
      const bury = (letter: EncodedEvent): Promise<void> => write([letter]);
      const told = observe === undefined ? {} : { observe: (what: Observation) => observe(group, what) };
      const dispatcher = createDispatcher({ group, ...rest, bury, ...told });
      const { onError } = rest;
      const all = { group, from, concurrency, onError, dispatcher, openClient, admin, prefix, sessionTimeout };
      const subscription = subscribeToKafka(all);
      const tracked: Subscription = {
        ready: subscription.ready,
        close: () => subscription.close().finally(() => subscriptions.delete(tracked)),
        [Symbol.asyncDispose]: () => tracked.close(),
      };
      subscriptions.add(tracked);
      return tracked;
    },
    read: (readOptions) => {
      checkOpen();
      return readFromKafka({ ...readOptions, openClient, admin, prefix, closed: closed.signal });
    },
    topics: async () => {
      checkOpen();
      const names = await ours();
      const full = await Promise.all(names.map(holds));
      return names.filter((_, index) => full[index]).sort();
    },
    lag: async (group) => {
      checkOpen();
      const committed = [...(await admin.committed(prefix + group))].filter(
        ([topic, { size }]) => topic.startsWith(prefix) && size > 0,
      );
      return Promise.all(committed.map(([topic, offsets]) => lagOf(group, topic.slice(prefix.length), offsets)));
    },
    groups: async () => {
      checkOpen();
      const names = (await admin.groups()).filter((name) => name.startsWith(prefix));
      // A cluster may have groups of others.
      const found = await Promise.all(names.map((name) => admin.committed(name)));
      const isOfOurs = (_: string, i: number): boolean =>
        [...found[i]!].some(
          ([topic, { size }]) => size > 0 && topic.startsWith(prefix) && isOurs(topic.slice(prefix.length)),
        );
      return names
        .filter(isOfOurs)
        .map((name) => name.slice(prefix.length))
        .sort();
    },
    forgetGroup: async (group) => {
      checkOpen();
      const outcome = await admin.forgetGroup(prefix + group);
      if (outcome === 'absent')
        throw new TaxonError({ code: 'not_found', message: `there is no group ${group}`, hint: 'taxon events groups' });
      if (outcome === 'living')
        throw new TaxonError({
          code: 'failed_precondition',
          message: `a consumer of the group ${group} lives`,
          hint: 'Stop it first; only a group that is gone for good is forgotten.',
        });
    },
    close,
    [Symbol.asyncDispose]: close,
  };
};
