import { TaxonError, type ErrorCode } from '@taxon/errors';
import { bytesOf, largestEvent } from './cloud-events.ts';
import type { EncodedEvent, StoredEvent } from './event.ts';

const suffix = '.dead';
export const deadTopicOf = (topic: string): string => `${topic}${suffix}`;
export const isDeadTopic = (topic: string): boolean => topic.endsWith(suffix);

/** Deliver to this group alone; the others pass it over. Set by replays to one group and by dead letters put back. */
export const onlyGroupHeader = 'taxon-only-group';

/** Why an event is dead, and where it came from: headers of the dead letter. */
export interface DeadLetter {
  reason: string;
  code: ErrorCode;
  topic: string;
  partition: number;
  offset: bigint;
  group: string;
  /** Deliveries to a handler; 0 where nothing could be read. */
  attempts: number;
  time: Date;
}

const prefix = 'taxon-dead-';
const longestReason = 2_000;

/** The event as it was, with headers that say why it is dead. */
export const createDeadLetter = (
  stored: StoredEvent,
  { error, group, attempts, time = new Date() }: { error: unknown; group: string; attempts: number; time?: Date },
): EncodedEvent => {
  const { code, message } = TaxonError.from(error);
  const headers = {
    ...stored.headers,
    [`${prefix}reason`]: message.slice(0, longestReason),
    [`${prefix}code`]: code,
    [`${prefix}topic`]: stored.topic,
    [`${prefix}partition`]: String(stored.partition),
    [`${prefix}offset`]: String(stored.offset),
    [`${prefix}group`]: group,
    [`${prefix}attempts`]: String(attempts),
    [`${prefix}time`]: time.toISOString(),
  };
  // What is larger than a bus takes stays where it came from: partition and offset say where.
  const fits = bytesOf(stored) <= largestEvent;
  return {
    topic: deadTopicOf(stored.topic),
    key: fits ? stored.key : '',
    headers: fits ? headers : Object.fromEntries(Object.entries(headers).filter(([name]) => name.startsWith(prefix))),
    value: fits ? stored.value : new Uint8Array(),
  };
};

/** What a dead letter's headers say; undefined where they are not those of a dead letter. */
export const readDeadLetter = ({ headers }: Pick<EncodedEvent, 'headers'>): DeadLetter | undefined => {
  const [topic, group, offset] = ['topic', 'group', 'offset'].map((name) => headers[`${prefix}${name}`]);
  if (topic === undefined || group === undefined || offset === undefined || !/^\d+$/u.test(offset)) return undefined;
  return {
    reason: headers[`${prefix}reason`] ?? '',
    code: (headers[`${prefix}code`] ?? 'internal') as ErrorCode,
    ...{ topic, group, offset: BigInt(offset) },
    partition: Number(headers[`${prefix}partition`] ?? 0),
    attempts: Number(headers[`${prefix}attempts`] ?? 0),
    time: new Date(headers[`${prefix}time`] ?? NaN),
  };
};

/** A dead letter as it is put back: without the reason, for the group alone that could not handle it. */
export const reviveDeadLetter = (stored: StoredEvent): StoredEvent => {
  const letter = readDeadLetter(stored);
  const kept = Object.entries(stored.headers).filter(([name]) => !name.startsWith(prefix));
  const headers = { ...Object.fromEntries(kept), ...(letter !== undefined && { [onlyGroupHeader]: letter.group }) };
  return { ...stored, topic: letter?.topic ?? stored.topic.replace(/\.dead$/u, ''), headers };
};
