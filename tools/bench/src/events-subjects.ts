import { join } from 'node:path';
import { createKafkaBus, eventTypes, openEmbeddedBus, type EventBus } from '@taxon/events';
import { Kafka, Partitioners, logLevel } from 'kafkajs';
import Libsql from 'libsql';
import type { EventsRequest } from './events-child.ts';
import type { EventsSubject, MadeEvent } from './events-subject.ts';

const { topic } = eventTypes['taxon.work.done'];

const busSubject = (bus: EventBus): EventsSubject => ({
  publish: (events) => bus.publish(events.map(({ event }) => event)),
  consume: async (seen) => {
    const handler = (): Promise<void> => {
      seen();
      return Promise.resolve();
    };
    await bus.subscribe({ group: 'bench', handlers: { 'taxon.work.done': handler } }).ready;
  },
  close: () => bus.close(),
});

/** kafkajs alone, with the settings that the bus gives it: same guarantees, batches and waits. */
const bareKafka = async ({ brokers, prefix, partitions }: EventsRequest): Promise<EventsSubject> => {
  const name = prefix + topic;
  const kafka = new Kafka({ brokers, logLevel: logLevel.NOTHING, retry: { retries: 100, maxRetryTime: 1_000 } });
  const admin = kafka.admin();
  await admin.connect();
  await admin.createTopics({ topics: [{ topic: name, numPartitions: partitions, replicationFactor: 1 }] });
  await admin.disconnect();
  const producer = kafka.producer({ idempotent: true, createPartitioner: Partitioners.DefaultPartitioner });
  const consumer = kafka.consumer({ groupId: `${prefix}bench`, maxWaitTimeInMs: 100 });
  await producer.connect();
  return {
    publish: async (events) => {
      const messages = events.map(({ key, headers, value }) => ({ key, headers, value }));
      await producer.send({ topic: name, acks: -1, messages });
    },
    consume: async (seen) => {
      await consumer.connect();
      await consumer.subscribe({ topic: name, fromBeginning: true });
      const joined = new Promise<void>((resolve) => consumer.on(consumer.events.GROUP_JOIN, () => resolve()));
      await consumer.run({
        // Acknowledged after each batch.
        eachBatch: ({ batch }) => {
          for (const { value } of batch.messages) if (value !== null) seen();
          return Promise.resolve();
        },
      });
      await joined;
    },
    close: async () => {
      await Promise.all([producer.disconnect(), consumer.disconnect()]);
    },
  };
};

/**
 * SQLite alone, with the log's table and index: a row an event, a transaction a call; each partition is read in order, and its
 * progress written after each batch.
 */
const bareSqlite = ({ folder, partitions }: EventsRequest): EventsSubject => {
  const open = (synchronous: string) => {
    const database = new Libsql(join(folder, 'bare.sqlite'));
    database.pragma('journal_mode = WAL');
    // As the log has it: what is published is synced, progress is not.
    database.pragma(`synchronous = ${synchronous}`);
    return database;
  };
  const [writer, reader] = [open('full'), open('normal')];
  writer.exec(`CREATE TABLE events (id INTEGER PRIMARY KEY, partition INTEGER, timestamp INTEGER, key TEXT, headers TEXT, value BLOB);
    CREATE INDEX events_of_partition ON events (partition, id);
    CREATE TABLE progress (partition INTEGER PRIMARY KEY, id INTEGER)`);
  const insert = writer.prepare(
    'INSERT INTO events (partition, timestamp, key, headers, value) VALUES (?, ?, ?, ?, ?)',
  );
  const select = reader
    .prepare(
      'SELECT id, timestamp, key, headers, value FROM events WHERE partition = ? AND id > ? ORDER BY id LIMIT 500',
    )
    .raw();
  const progress = reader.prepare('INSERT OR REPLACE INTO progress VALUES (?, ?)');
  const last = Array.from({ length: partitions }, () => 0);
  let seen: (() => void) | undefined;
  const readBatch = (partition: number): number => {
    const rows = select.all(partition, last[partition]!) as unknown[][];
    for (const [, , , headers, value] of rows) if (JSON.parse(headers as string) && value !== null) seen?.();
    if (rows.length === 0) return 0;
    last[partition] = rows.at(-1)![0] as number;
    progress.run(partition, last[partition]);
    return rows.length;
  };
  const readAll = (): void => {
    for (let partition = 0; partition < partitions; partition++) while (readBatch(partition) > 0);
  };
  return {
    publish: (events: readonly MadeEvent[]) => {
      writer.exec('BEGIN IMMEDIATE');
      const now = Date.now();
      for (const { key, headers, value } of events)
        insert.run(Number(key.slice('run '.length)) % partitions, now, key, JSON.stringify(headers), value);
      writer.exec('COMMIT');
      if (seen !== undefined) readAll();
      return Promise.resolve();
    },
    consume: (tell) => {
      seen = tell;
      readAll();
      return Promise.resolve();
    },
    close: () => {
      writer.close();
      reader.close();
      return Promise.resolve();
    },
  };
};

export const openSubject = async (request: EventsRequest): Promise<EventsSubject> => {
  const { adapter, side, brokers, prefix, partitions, folder } = request;
  if (adapter === 'kafka')
    return side === 'bare' ? bareKafka(request) : busSubject(createKafkaBus({ brokers, prefix, partitions }));
  return side === 'bare' ? bareSqlite(request) : busSubject(await openEmbeddedBus(folder, { partitions }));
};
