import { randomUUID } from 'node:crypto';
import type { EventLog, Partition } from './event-log.ts';

/** A partition that a consumer handles for its group. */
export interface Lease {
  readonly partition: Partition;
  readonly epoch: number;
  /** The last event that is acknowledged. */
  readonly acked: number;
  /** The event that a delivery of was begun but not ended, and how many times; 0 where there is none. */
  readonly attempting: number;
  readonly attempt: number;
  /** Events up to here may have been delivered once, by a process that died since. */
  readonly upto: number;
}

export interface Beat {
  /** Taken now. */
  taken: Lease[];
  /** Another has them, by id. */
  lost: number[];
  /** More than this member's share: to be given back as soon as what is being handled is. By id. */
  surplus: number[];
}

export interface Progress {
  acked: number;
  attempting: number;
  attempt: number;
  upto: number;
}

/** One consumer's part in its group. All it writes is fenced: it has no effect once another owns the partition. */
export interface Membership {
  /**
   * Says that this member lives, and takes what is its share.
   * @param held epochs by the id of the partition; -1: it is lost, and its handler has not ended yet
   */
  beat(held: ReadonlyMap<number, number>): Promise<Beat>;
  /** @param within more to write in the same transaction. @returns false when the partition is another's by now */
  advance(partition: number, epoch: number, progress: Progress, within?: () => void): Promise<boolean>;
  /** Gives a partition back. */
  release(partition: number, epoch: number, progress: Progress): Promise<void>;
  leave(): Promise<void>;
}

/** Between two beats of a member, ms: six a lease, since some may come late, and often enough that shares are soon even. */
export const beatInterval = (lease: number): number => Math.min(lease / 6, 500);

export interface MembershipOptions {
  group: string;
  topics: readonly string[];
  from: 'earliest' | 'latest';
  /** A member whose beats are not seen to change for so long is taken for dead, ms. */
  lease: number;
}

interface LeaseRow extends Omit<Lease, 'partition'>, Partition {
  owner: string | null;
}

/**
 * Whether a counter stands still, by this process's own monotonic clock. No clock is ever compared with another's, and none that
 * can be set is looked at.
 */
const createStandstill = (limit: number) => {
  const seen = new Map<string, { beat: number; since: number }>();
  return (member: string, beat: number): boolean => {
    const now = performance.now();
    const before = seen.get(member);
    if (before?.beat === beat) return now - before.since > limit;
    seen.set(member, { beat, since: now });
    return false;
  };
};

/** How many of a topic's partitions a member gives up or may take. */
const shareOf = (owned: ReadonlyMap<string, number>, member: string, partitions: number) => {
  const mine = owned.get(member) ?? 0;
  const most = Math.ceil(partitions / owned.size);
  const least = Math.floor(partitions / owned.size);
  // Somebody has less than all should have: what is free is theirs, and who has more than that gives it up.
  const needy = [...owned.values()].some((count) => count < least);
  return {
    surplus: Math.max(0, mine - (needy ? least : most)),
    free: needy && mine >= least ? 0 : Math.max(0, most - mine),
  };
};

export const createMembership = (log: EventLog, { group, topics, from, lease }: MembershipOptions): Membership => {
  const { database } = log;
  const member = randomUUID();
  const standsStill = createStandstill(lease);
  const sql = {
    join: database.prepare(
      'INSERT INTO members (grp, topic, member, beat) VALUES (?, ?, ?, 1) ON CONFLICT DO UPDATE SET beat = beat + 1',
    ),
    members: database.prepare('SELECT topic, member, beat FROM members WHERE grp = ?'),
    dismiss: database.prepare('DELETE FROM members WHERE grp = ? AND member = ?'),
    begin: database.prepare('INSERT INTO leases (grp, partition, acked) VALUES (?, ?, ?) ON CONFLICT DO NOTHING'),
    leases: database.prepare(
      `SELECT p.id, p.topic, p.number, l.owner, l.epoch, l.acked, l.attempting, l.attempt, l.upto
       FROM partitions p JOIN leases l ON l.partition = p.id AND l.grp = ? WHERE p.topic = ? ORDER BY p.number`,
    ),
    take: database.prepare('UPDATE leases SET owner = ?, epoch = epoch + 1 WHERE grp = ? AND partition = ?'),
    advance: database.prepare(
      'UPDATE leases SET acked = ?, attempting = ?, attempt = ?, upto = ? WHERE grp = ? AND partition = ? AND epoch = ?',
    ),
    release: database.prepare(
      `UPDATE leases SET acked = ?, attempting = ?, attempt = ?, upto = ?, owner = NULL, epoch = epoch + 1
       WHERE grp = ? AND partition = ? AND epoch = ?`,
    ),
  };
  let began = false;
  const begin = async (): Promise<void> => {
    if (began) return;
    const partitions = (await Promise.all(topics.map((topic) => log.partitionsOf(topic)))).flat();
    await database.write(() => {
      const first = from === 'latest' ? log.last() : 0;
      for (const { id } of partitions) sql.begin.run(group, id, first);
    });
    began = true;
  };

  /** Members that live, by topic. */
  const liveMembers = (): Map<string, Set<string>> => {
    const live = new Map(topics.map((topic) => [topic, new Set<string>()]));
    for (const row of sql.members.all(group) as { topic: string; member: string; beat: number }[]) {
      if (row.member !== member && standsStill(`${row.topic} ${row.member}`, row.beat))
        sql.dismiss.run(group, row.member);
      else live.get(row.topic)?.add(row.member);
    }
    return live;
  };
  const beatTopic = (topic: string, live: ReadonlySet<string>, held: ReadonlyMap<number, number>): Beat => {
    const rows = sql.leases.all(group, topic) as LeaseRow[];
    // Forgotten while this process stood still.
    if (rows.length === 0) began = false;
    const isMine = ({ id, owner, epoch }: LeaseRow) => owner === member && held.get(id) === epoch;
    const mine = rows.filter(isMine);
    const owned = new Map([...live].map((each) => [each, 0]));
    for (const row of rows)
      if (row.owner !== null && live.has(row.owner) && (row.owner !== member || isMine(row)))
        owned.set(row.owner, owned.get(row.owner)! + 1);
    const { surplus, free } = shareOf(owned, member, rows.length);
    const takeable = rows.filter(
      ({ owner, id }) => !held.has(id) && (owner === null || owner === member || !live.has(owner)),
    );
    const taken = takeable.slice(0, free).map(({ id, number, epoch, ...progress }) => {
      sql.take.run(member, group, id);
      const { acked, attempting, attempt, upto } = progress;
      return { partition: { id, topic, number }, epoch: epoch + 1, acked, attempting, attempt, upto };
    });
    return {
      taken,
      lost: rows.filter((row) => (held.get(row.id) ?? -1) >= 0 && !isMine(row)).map(({ id }) => id),
      surplus: mine.slice(mine.length - surplus).map(({ id }) => id),
    };
  };
  return {
    beat: async (held) => {
      await begin();
      return database.write(() => {
        for (const topic of topics) sql.join.run(group, topic, member);
        const live = liveMembers();
        const beats = topics.map((topic) => beatTopic(topic, live.get(topic)!, held));
        return {
          taken: beats.flatMap(({ taken }) => taken),
          lost: beats.flatMap(({ lost }) => lost),
          surplus: beats.flatMap(({ surplus }) => surplus),
        };
      });
    },
    advance: (partition, epoch, { acked, attempting, attempt, upto }, within) => {
      const advance = () => sql.advance.run(acked, attempting, attempt, upto, group, partition, epoch).changes === 1;
      if (within === undefined) return database.writeOne(advance);
      return database.write(() => {
        const mine = advance();
        if (mine) within();
        return mine;
      });
    },
    release: async (partition, epoch, { acked, attempting, attempt, upto }) => {
      await database.writeOne(() => sql.release.run(acked, attempting, attempt, upto, group, partition, epoch));
    },
    leave: async () => {
      await database.write(() => sql.dismiss.run(group, member));
    },
  };
};
