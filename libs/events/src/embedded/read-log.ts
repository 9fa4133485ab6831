import type { ReadOptions } from '../event-bus.ts';
import type { StoredEvent } from '../event.ts';
import type { EventLog, Partition } from './event-log.ts';

const batch = 100;

/** Ids in the order of publishing, of all partitions of a topic. */
const createReader = (log: EventLog) => {
  const ids = log.database.prepareRows('SELECT id FROM events WHERE partition = ? AND id > ? ORDER BY id LIMIT ?');
  const since = log.database.prepareRows(
    'SELECT id FROM events WHERE partition = ? AND timestamp >= ? ORDER BY id LIMIT 1',
  );
  return {
    /** Just before the first event that was written at `time` or later. */
    before: (partitions: readonly Partition[], time: Date): number => {
      const first = partitions.flatMap(({ id }) => since(id, time.getTime()).map(([event]) => event as number));
      return first.length === 0 ? Infinity : Math.min(...first) - 1;
    },
    after: (partitions: readonly Partition[], id: number): [Partition, number][] =>
      partitions
        .flatMap((partition) =>
          ids(partition.id, id, batch).map(([event]): [Partition, number] => [partition, event as number]),
        )
        .sort(([, a], [, b]) => a - b)
        .slice(0, batch),
  };
};

/** Events of a topic in the order of publishing. */
export const readLog = async function* (
  log: EventLog,
  { topic, from = 'earliest', follow = false, signal }: ReadOptions,
): AsyncGenerator<StoredEvent> {
  const reader = createReader(log);
  const partitions = await log.partitionsOf(topic);
  const last = log.last();
  let at = from === 'earliest' ? 0 : from === 'latest' ? last : Math.min(last, reader.before(partitions, from));
  let wake = (): void => undefined;
  let changed = false;
  const stop = follow
    ? log.watcher.onChange(() => {
        changed = true;
        wake();
      })
    : undefined;
  const onAbort = (): void => wake();
  signal?.addEventListener('abort', onAbort);
  try {
    while (!signal?.aborted) {
      changed = false;
      const found = reader.after(partitions, at);
      for (const [partition, id] of found) {
        if (signal?.aborted || (!follow && id > last)) return;
        at = id;
        // Deleted meanwhile: passed over.
        const event = log.fetch(partition, id - 1, 1)[0];
        if (event?.offset === BigInt(id)) yield event;
      }
      if (found.length > 0) continue;
      if (!follow) return;
      await new Promise<void>((resolve) => {
        wake = resolve;
        if (changed || signal?.aborted) resolve();
      });
    }
  } finally {
    stop?.();
    signal?.removeEventListener('abort', onAbort);
  }
};
