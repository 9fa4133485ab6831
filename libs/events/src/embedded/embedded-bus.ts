import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { TaxonError } from '@taxon/errors';
import { encodeEvents } from '../cloud-events.ts';
import type { Observation } from '../dispatcher.ts';
import type { EventBus, GroupLag, Subscription } from '../event-bus.ts';
import { startConsumer } from './consumer.ts';
import { openEventLog, type EventLog, type EventLogOptions } from './event-log.ts';
import { createGroups } from './groups.ts';
import { readLog } from './read-log.ts';
import { createRetention, type RetentionOptions } from './retention.ts';

export interface EmbeddedBusOptions extends EventLogOptions {
  /**
   * After so long without a sign of life a consumer's partitions are taken over, ms. A process whose event loop stands still for
   * longer loses them, too.
   * @default 3,000
   */
  lease?: number;
  retention?: RetentionOptions;
  /** Told when events are lost, or could not be deleted. @default process.emitWarning */
  warn?: (message: string) => void;
  /** Told what became of each event that arrived. */
  observe?: (group: string, observation: Observation) => void;
}

/** Deletes old events from time to time; `stop` waits for the one under way. */
const startRetention = (log: EventLog, options: RetentionOptions, warn: (message: string) => void) => {
  const stopping = new AbortController();
  const sweep = createRetention(log, options, warn);
  let sweeping = Promise.resolve();
  const timer = setInterval(() => {
    sweeping = sweeping.then(async () => {
      try {
        await sweep(stopping.signal);
      } catch (error) {
        warn(`old events could not be deleted: ${TaxonError.from(error).message}`);
      }
    });
  }, options.interval ?? 60_000);
  timer.unref();
  return async (): Promise<void> => {
    clearInterval(timer);
    stopping.abort();
    await sweeping;
  };
};

/** A bus on a log; closing it closes the log. */
export const createEmbeddedBus = (log: EventLog, options: EmbeddedBusOptions = {}): EventBus => {
  const { lease = 3_000, observe, retention = {}, warn = (message: string) => process.emitWarning(message) } = options;
  const subscriptions = new Set<Subscription>();
  const closing = new AbortController();
  const checkOpen = (): void => {
    if (closing.signal.aborted)
      throw new TaxonError({ code: 'failed_precondition', message: 'the event bus is closed' });
  };
  const { database } = log;
  const sql = {
    topics: database.prepare(
      `SELECT DISTINCT topic FROM partitions p WHERE EXISTS (SELECT 1 FROM events e WHERE e.partition = p.id) ORDER BY topic`,
    ),
    lag: database.prepare(
      `SELECT l.grp AS "group", p.topic, sum((SELECT count(*) FROM events e WHERE e.partition = p.id AND e.id > l.acked)) AS events
       FROM leases l JOIN partitions p ON p.id = l.partition WHERE l.grp = ? GROUP BY p.topic ORDER BY p.topic`,
    ),
  };
  const { groups, forgetGroup } = createGroups(log, lease);
  const stopRetention = startRetention(log, retention, warn);
  const end = async (): Promise<void> => {
    closing.abort();
    await Promise.all([...subscriptions].map((subscription) => subscription.close()));
    await stopRetention();
    await log.close();
  };
  let ended: Promise<void> | undefined;
  const close = (): Promise<void> => (ended ??= end());
  return {
    publish: async (events, { signal } = {}) => {
      checkOpen();
      const encoded = encodeEvents(events);
      if (signal?.aborted) throw new TaxonError({ code: 'cancelled', message: 'publishing was cancelled' });
      if (encoded.length > 0) await log.append(encoded, signal);
    },
    republish: async (topic, events) => {
      checkOpen();
      if (events.length > 0)
        await log.append(events.map(({ key, headers, value }) => ({ topic, key, headers, value })));
    },
    subscribe: (subscribeOptions) => {
      checkOpen();
      const { group } = subscribeOptions;
      const subscription = startConsumer(log, {
        ...{ ...subscribeOptions, lease },
        observe: (observation) => observe?.(group, observation),
      });
      const forget = async (): Promise<void> => {
        await subscription.close();
        subscriptions.delete(subscription);
      };
      subscriptions.add(subscription);
      return { ready: subscription.ready, close: forget, [Symbol.asyncDispose]: forget };
    },
    read: (readOptions) => {
      checkOpen();
      const signals = [closing.signal, ...(readOptions.signal === undefined ? [] : [readOptions.signal])];
      return readLog(log, { ...readOptions, signal: AbortSignal.any(signals) });
    },
    topics: async () => {
      checkOpen();
      return Promise.resolve((sql.topics.all() as { topic: string }[]).map(({ topic }) => topic));
    },
    lag: async (group) => {
      checkOpen();
      return Promise.resolve(sql.lag.all(group) as GroupLag[]);
    },
    groups: async () => {
      checkOpen();
      return Promise.resolve(groups());
    },
    forgetGroup: async (group) => {
      checkOpen();
      await forgetGroup(group);
    },
    close,
    [Symbol.asyncDispose]: close,
  };
};

/** @param folder `events.sqlite` is made in it; any number of processes of this machine may have it open */
export const openEmbeddedBus = async (folder: string, options: EmbeddedBusOptions = {}): Promise<EventBus> => {
  await mkdir(folder, { recursive: true });
  return createEmbeddedBus(openEventLog(join(folder, 'events.sqlite'), options), options);
};
