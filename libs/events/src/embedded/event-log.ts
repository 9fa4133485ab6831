import { TaxonError } from '@taxon/errors';
import { isDeadTopic } from '../dead-letters.ts';
import type { EncodedEvent, StoredEvent } from '../event.ts';
import { openDatabase, type Database, type Statement, type Value } from './database.ts';
import { createGroupCommit } from './group-commit.ts';
import { schema } from './schema.ts';
import { packHeaders, unpackHeaders } from './stored-headers.ts';
import { createWatcher, type Watcher } from './watcher.ts';

export interface EventLogOptions {
  /** Of a topic that is new. Consumers of a group beyond that have nothing to do. @default 8 */
  partitions?: number;
  /** How often it is looked whether another process wrote something, ms. @default 4 */
  pollInterval?: number;
  /** Pages of 8 KB that the file may have. @default no limit */
  maxPages?: number;
}

export interface Partition {
  readonly id: number;
  readonly topic: string;
  readonly number: number;
}

/** The events of all topics in one file, and who is how far in them. */
export interface EventLog {
  /** For what is read, and for progress: `normal` durability. */
  readonly database: Database;
  readonly watcher: Watcher;
  /** Makes the topic where it is missing. */
  partitionsOf(topic: string): Promise<readonly Partition[]>;
  /** Resolves when all are durable. */
  append(events: readonly EncodedEvent[], signal?: AbortSignal): Promise<void>;
  /** The same within a transaction of `database`; the topics must be there. */
  appendWithin(events: readonly EncodedEvent[]): Appended;
  /** The id of the newest event; 0 where there is none. */
  last(): number;
  /** Events of a partition with ids above `after`, at most `limit`. */
  fetch(partition: Partition, after: number, limit: number): StoredEvent[];
  close(): Promise<void>;
}

/** FNV-1a, 32 bits. */
const hash = (key: string): number => {
  let h = 0x811c9dc5;
  for (let i = 0; i < key.length; i++) {
    const code = key.charCodeAt(i);
    if (code >= 128) return hashBytes(Buffer.from(key));
    h = Math.imul(h ^ code, 0x01000193);
  }
  return h >>> 0;
};
const hashBytes = (bytes: Uint8Array): number => {
  let h = 0x811c9dc5;
  for (const byte of bytes) h = Math.imul(h ^ byte, 0x01000193);
  return h >>> 0;
};

/** Ids of what was appended: without a gap, since nobody else writes meanwhile. */
export interface Appended {
  partitions: ReadonlySet<number>;
  first: number;
  last: number;
}

type PartitionOf = (topic: string, key: string) => number;

/** Events that one statement inserts where there are so many: fewer calls into SQLite. */
const rowsAtOnce = 16;
/** Holds 7 events of 1 KB; of 4 KB pages, which hold 3 or 2, a sixth more are written. */
const pageSize = 8_192;

/** Appends within a transaction of the database. */
const createAppend = (database: Database, partitionOf: PartitionOf) => {
  const insertOf = (rows: number) =>
    database.prepare(
      `INSERT INTO events (partition, timestamp, key, headers, value) VALUES ${Array<string>(rows).fill('(?, ?, ?, ?, ?)').join()}`,
    );
  const insertOne = insertOf(1);
  const insertMany = insertOf(rowsAtOnce);
  return (events: readonly EncodedEvent[]): Appended => {
    const now = Date.now();
    const partitions = new Set<number>();
    let last = 0;
    const insert = (statement: Statement, from: number, to: number): void => {
      const values: Value[] = [];
      for (let i = from; i < to; i++) {
        const { topic, key, headers, value } = events[i]!;
        const partition = partitionOf(topic, key);
        partitions.add(partition);
        values.push(partition, now, key, packHeaders(headers), value);
      }
      last = Number(statement.runAll(values).lastInsertRowid);
    };
    let i = 0;
    for (; i + rowsAtOnce <= events.length; i += rowsAtOnce) insert(insertMany, i, i + rowsAtOnce);
    for (; i < events.length; i++) insert(insertOne, i, i + 1);
    return { partitions, first: last - events.length + 1, last };
  };
};

/** @param file `:memory:` keeps nothing, and is this log's alone */
export const openEventLog = (file: string, options: EventLogOptions = {}): EventLog => {
  const { partitions: count = 8, pollInterval = 4, maxPages } = options;
  // A commit of published events is synced; that of an acknowledgement need not be: lost, its event is delivered again.
  const database = openDatabase(file, { durability: 'normal', maxPages, pageSize, schema });
  const synced =
    file === ':memory:' ? database : openDatabase(file, { durability: 'full', maxPages, pageSize, schema });
  const commits = createGroupCommit(synced);
  const known = new Map<string, readonly Partition[]>();

  const find = database.prepare('SELECT id, topic, number FROM partitions WHERE topic = ? ORDER BY number');
  const create = database.prepare('INSERT INTO partitions (topic, number) VALUES (?, ?)');
  const partitionsOf = async (topic: string): Promise<readonly Partition[]> => {
    const before = known.get(topic) ?? (find.all(topic) as Partition[]);
    if (before.length === 0)
      await database.write(() => {
        if (find.all(topic).length > 0) return;
        for (let number = 0; number < (isDeadTopic(topic) ? 1 : count); number++) create.run(topic, number);
      });
    const found = before.length > 0 ? before : (find.all(topic) as Partition[]);
    known.set(topic, found);
    return found;
  };
  const partitionOf: PartitionOf = (topic, key) => {
    const partitions = known.get(topic)!;
    return partitions[hash(key) % partitions.length]!.id;
  };
  const appendSynced = createAppend(synced, partitionOf);
  const appendWithin = createAppend(database, partitionOf);
  const fetch = database.prepareRows(
    'SELECT id, timestamp, key, headers, value FROM events WHERE partition = ? AND id > ? ORDER BY id LIMIT ?',
  );
  const highest = database.prepareRows('SELECT coalesce(max(id), 0) FROM events');
  const last = (): number => highest()[0]![0] as number;
  const watcher = createWatcher(database, { interval: pollInterval, last });
  return {
    ...{ database, watcher, partitionsOf, appendWithin, last },
    append: async (events, signal) => {
      for (const { topic } of events) if (!known.has(topic)) await partitionsOf(topic);
      const appended = await commits.write(() => {
        if (signal?.aborted) throw new TaxonError({ code: 'cancelled', message: 'publishing was cancelled' });
        return appendSynced(events);
      });
      watcher.wake(appended);
    },
    fetch: ({ id, topic, number }, after, limit) =>
      fetch(id, after, limit).map(([offset, timestamp, key, headers, value]) => ({
        topic,
        partition: number,
        offset: BigInt(offset as number),
        key: key as string,
        headers: unpackHeaders(headers as string),
        value: value as Buffer,
        timestamp: new Date(timestamp as number),
      })),
    close: async () => {
      watcher.close();
      await commits.idle();
      database[Symbol.dispose]();
      if (synced !== database) synced[Symbol.dispose]();
    },
  };
};
