import { AssignerProtocol, type Assignment, type Cluster, type PartitionAssigner } from 'kafkajs';

const { MemberAssignment, MemberMetadata } = AssignerProtocol;

export interface Member {
  id: string;
  topics: readonly string[];
  /** What it worked on until now. */
  owned: Assignment;
}

interface Share {
  member: Member;
  assignment: Assignment;
  count: number;
}

const leastLoaded = (shares: readonly Share[], topic: string): Share =>
  shares.reduce((least, share) => {
    const [a, b] = [share.assignment[topic]?.length ?? 0, least.assignment[topic]?.length ?? 0];
    return a < b || (a === b && share.count < least.count) ? share : least;
  });

const give = (share: Share, topic: string, partition: number): void => {
  (share.assignment[topic] ??= []).push(partition);
  share.count++;
};

/**
 * Shares partitions among members: each topic among those that read it, evenly, and everybody keeps what it has as far as that
 * allows, so that handlers are not aborted without need.
 * @param partitions of each topic
 * @returns by member id
 */
export const assignPartitions = (
  members: readonly Member[],
  partitions: ReadonlyMap<string, readonly number[]>,
): Map<string, Assignment> => {
  const shares = [...members]
    .sort((a, b) => (a.id < b.id ? -1 : 1))
    .map((member): Share => ({ member, assignment: {}, count: 0 }));
  const all = [...partitions.values()].reduce((sum, { length }) => sum + length, 0);
  const fairShare = Math.ceil(all / Math.max(1, shares.length));
  const free = [...partitions].map(([topic, numbers]) => {
    const readers = shares.filter(({ member }) => member.topics.includes(topic));
    const fairTopicShare = Math.ceil(numbers.length / Math.max(1, readers.length));
    const rest = numbers.filter((partition) => {
      const owner = readers.find(
        ({ member, assignment, count }) =>
          (member.owned[topic] ?? []).includes(partition) &&
          count < fairShare &&
          (assignment[topic]?.length ?? 0) < fairTopicShare,
      );
      if (owner !== undefined) give(owner, topic, partition);
      return owner === undefined;
    });
    return { topic, readers, rest };
  });
  for (const { topic, readers, rest } of free)
    if (readers.length > 0) for (const partition of rest) give(leastLoaded(readers, topic), topic, partition);
  return new Map(shares.map(({ member, assignment }) => [member.id, assignment]));
};

const readOwned = (userData: Buffer | null): Assignment => {
  try {
    return JSON.parse(String(userData)) as Assignment;
  } catch {
    // A member that had nothing yet.
    return {};
  }
};

export interface StickyAssignerOptions {
  /** What this member works on. Asked just before it joins; from then on until it has joined, it owns nothing for certain. */
  onJoin: () => Assignment;
  /** The cluster, which kafkajs shows to nobody else. */
  onCluster?: (cluster: Cluster) => void;
}

/** kafkajs's own assigner gives partitions to members that do not read their topic, and shuffles everything at every join. */
export const stickyAssigner =
  ({ onJoin, onCluster }: StickyAssignerOptions): PartitionAssigner =>
  ({ cluster }) => {
    onCluster?.(cluster);
    const version = 1;
    return {
      name: 'taxon-sticky',
      version,
      protocol: ({ topics }) => ({
        name: 'taxon-sticky',
        metadata: MemberMetadata.encode({ version, topics, userData: Buffer.from(JSON.stringify(onJoin())) }),
      }),
      assign: async ({ members }) => {
        const read = members.map(({ memberId, memberMetadata }): Member => {
          const metadata = MemberMetadata.decode(memberMetadata);
          return { id: memberId, topics: metadata?.topics ?? [], owned: readOwned(metadata?.userData ?? null) };
        });
        // Those of the other members, too.
        const topics = [...new Set(read.flatMap((member) => member.topics))];
        await cluster.addMultipleTargetTopics(topics);
        const partitions = topics.map((topic): [string, number[]] => {
          const numbers = cluster.findTopicPartitionMetadata(topic).map(({ partitionId }) => partitionId);
          return [topic, numbers.sort((a, b) => a - b)];
        });
        return [...assignPartitions(read, new Map(partitions))].map(([memberId, assignment]) => ({
          memberId,
          memberAssignment: MemberAssignment.encode({ version, assignment, userData: Buffer.alloc(0) }),
        }));
      },
    };
  };
