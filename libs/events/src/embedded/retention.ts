import { isDeadTopic } from '../dead-letters.ts';
import type { EventLog } from './event-log.ts';

/** When events are deleted. One that a known group has not acknowledged stays, unless the hard limit is reached. */
export interface RetentionOptions {
  /** Events older than this are deleted, ms; by the machine's clock. @default 7 days */
  age?: number;
  /** The same for dead letters. @default 30 days */
  deadAge?: number;
  /** Beyond this the oldest acknowledged events are deleted, bytes of the file. @default 1 GiB */
  bytes?: number;
  /** Beyond this the oldest are deleted, acknowledged or not, dead letters too, and `warn` is told. @default 4 × bytes */
  hardBytes?: number;
  /** How often it is looked, ms. @default 60,000 */
  interval?: number;
}

export interface Sweep {
  deleted: number;
  /** Of those, events that a group has not acknowledged, and dead letters before their time. */
  discarded: number;
}

const day = 86_400_000;
/** Events deleted in a transaction. */
const chunk = 500;

interface PartitionFloor {
  id: number;
  topic: string;
  /** Up to here every known group has acknowledged; null where there is no group. */
  acked: number | null;
}

/** Deletes what need not be kept any longer. The newest event always stays: ids go on from it. */
export const createRetention = (log: EventLog, options: RetentionOptions, warn: (message: string) => void) => {
  const { age = 7 * day, deadAge = 30 * day, bytes = 2 ** 30 } = options;
  const hardBytes = options.hardBytes ?? 4 * bytes;
  const { database } = log;
  const floors = database.prepare(
    `SELECT p.id, p.topic, (SELECT min(acked) FROM leases l WHERE l.partition = p.id) AS acked FROM partitions p`,
  );
  const aged = database.prepareRows(
    'SELECT id FROM events WHERE partition = ? AND id <= ? AND timestamp < ? ORDER BY id LIMIT ?',
  );
  const oldest = database.prepareRows('SELECT id FROM events WHERE partition = ? AND id <= ? ORDER BY id LIMIT ?');
  const remove = database.prepare('DELETE FROM events WHERE id = ?');
  const [pages, free, pageSize] = ['page_count', 'freelist_count', 'page_size'].map((name) =>
    database.prepareRows(`PRAGMA ${name}`),
  );
  const numberOf = (rows: unknown[][]): number => rows[0]![0] as number;
  const used = (): number => (numberOf(pages!()) - numberOf(free!())) * numberOf(pageSize!());

  const limitOf = ({ acked }: PartitionFloor): number => Math.min(acked ?? Infinity, log.last() - 1);
  /** The oldest that `select` finds in each partition, oldest first. */
  const pick = (select: (floor: PartitionFloor) => unknown[][]): number[] =>
    (floors.all() as PartitionFloor[])
      .flatMap((floor) => select(floor).map(([id]) => id as number))
      .sort((a, b) => a - b)
      .slice(0, chunk);
  const removeAll = (ids: readonly number[]): number => {
    for (const id of ids) remove.run(id);
    return ids.length;
  };
  const removeAged = (now: number): number =>
    removeAll(pick((floor) => aged(floor.id, limitOf(floor), now - (isDeadTopic(floor.topic) ? deadAge : age), chunk)));
  const removeOldest = (): number =>
    used() <= bytes
      ? 0
      : removeAll(pick((floor) => (isDeadTopic(floor.topic) ? [] : oldest(floor.id, limitOf(floor), chunk))));
  const discard = (): number =>
    used() <= hardBytes ? 0 : removeAll(pick(({ id }) => oldest(id, log.last() - 1, chunk)));

  const repeat = async (step: () => number, signal: AbortSignal): Promise<number> => {
    let all = 0;
    for (let some = 1; some > 0 && !signal.aborted; all += some) {
      some = await database.write(step);
      // Others have their turn between two chunks.
      await new Promise(setImmediate);
    }
    return all;
  };
  return async (signal: AbortSignal): Promise<Sweep> => {
    const now = Date.now();
    const acknowledged = (await repeat(() => removeAged(now), signal)) + (await repeat(removeOldest, signal));
    const discarded = await repeat(discard, signal);
    if (discarded > 0)
      warn(
        `the event log is larger than ${hardBytes} bytes: ${discarded} events that a group has not handled yet, or dead letters, are lost; ` +
          `a group that is gone for good, or does not keep up, holds the log up`,
      );
    return { deleted: acknowledged + discarded, discarded };
  };
};
