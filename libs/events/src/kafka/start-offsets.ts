import type { TopicPartitionOffset } from 'kafkajs';
import type { PartitionOffsets, TopicAdmin } from './topic-admin.ts';

/** Where partitions begin, by `topic/partition`, and what the group has to be told so that it begins there again. */
export interface Starts {
  starts: Map<string, bigint>;
  unseen: TopicPartitionOffset[];
}

/** Acknowledged events may have been deleted since, or the topic made anew. */
const within = ({ low, high }: PartitionOffsets, offset: bigint): bigint =>
  offset < low || offset > high ? low : offset;

/**
 * Where a group goes on. In a topic that it has never seen that is `from`, for all partitions of the topic at once; partitions
 * that were added later begin with their first event, because all of it came after the group had begun.
 * @param isFirst whether this member is the one that tells the group where it begins in a topic; for the others such partitions
 *   are missing in `starts` until it has done so
 */
export const findStarts = async (
  admin: TopicAdmin,
  groupId: string,
  topics: readonly string[],
  { from, isFirst }: { from: 'earliest' | 'latest'; isFirst: (topic: string) => boolean },
): Promise<Starts> => {
  const committed = await admin.committed(groupId, topics);
  const starts = new Map<string, bigint>();
  const unseen: TopicPartitionOffset[] = [];
  for (const topic of topics) {
    const seen = committed.get(topic);
    const isNew = seen === undefined || seen.size === 0;
    if (isNew && !isFirst(topic)) continue;
    for (const offsets of await admin.offsets(topic)) {
      const { partition, low, high } = offsets;
      const start = isNew ? (from === 'latest' ? high : low) : within(offsets, seen.get(partition) ?? low);
      starts.set(`${topic}/${partition}`, start);
      if (isNew) unseen.push({ topic, partition, offset: String(start) });
    }
  }
  return { starts, unseen };
};
