import { decodeEvent, eventTypes, isDeadTopic, type StoredEvent } from '@taxon/events';
import { invalidInput } from '@taxon/errors';
import type { Colors } from '../terminal.ts';

const units = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** `--from`: a word, a date or time, or how long ago. */
export const readTime = (text: string, now = Date.now()): 'earliest' | 'latest' | Date => {
  if (text === 'earliest' || text === 'latest') return text;
  const ago = /^(\d+)([smhd])$/u.exec(text);
  if (ago !== null) return new Date(now - Number(ago[1]) * units[ago[2] as keyof typeof units]);
  const time = new Date(text);
  if (/^\d{4}-/u.test(text) && !Number.isNaN(time.getTime())) return time;
  throw invalidInput(
    `--from is '${text}'; it is earliest, latest, a date as 2026-11-25 or 2026-11-25T10:00Z, or 10m, 2h, 3d`,
  );
};

/** The payload as JSON, or why there is none. */
const payloadOf = (stored: StoredEvent): { data: unknown } | { unreadable: string } => {
  try {
    const { type, data } = decodeEvent(stored);
    return { data: (eventTypes[type].codec.toJSON as (data: unknown) => unknown)(data) };
  } catch (error) {
    return { unreadable: error instanceof Error ? error.message : String(error) };
  }
};

/** An event in a line. */
export const readableEvent = (stored: StoredEvent, { json, color }: { json: boolean; color?: Colors }): string => {
  const { topic, partition, offset, key, headers, timestamp } = stored;
  const payload = payloadOf(isDeadTopic(topic) ? { ...stored, topic: headers['taxon-dead-topic'] ?? topic } : stored);
  if (json) return JSON.stringify({ topic, partition, offset: String(offset), key, timestamp, headers, ...payload });
  const shown = 'data' in payload ? JSON.stringify(payload.data) : `unreadable: ${payload.unreadable}`;
  const type = headers['ce_type'] ?? '(no type)';
  const line = [
    timestamp.toISOString(),
    color?.bold(type) ?? type,
    key,
    color?.dim(headers['ce_id'] ?? '') ?? '',
    shown,
  ];
  return line.join('  ');
};
