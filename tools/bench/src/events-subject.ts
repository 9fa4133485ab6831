import { createEvent, encodeEvent, type TaxonEvent } from '@taxon/events';

/** What carries events: a bus, or the library below it alone. */
export interface EventsSubject {
  /** Resolves when all are durable. */
  publish(events: readonly MadeEvent[]): Promise<void>;
  /** Calls `seen` with every event that is published after it has resolved, and acknowledges it. */
  consume(seen: () => void): Promise<void>;
  close(): Promise<void>;
}

/** The same event as each side takes it. */
export interface MadeEvent {
  event: TaxonEvent<'taxon.work.done'>;
  key: string;
  headers: Record<string, string>;
  value: Buffer;
}

/** So many different keys, which spread over the partitions. */
const runs = 64;

export const makeEvents = (count: number, bytes: number): MadeEvent[] =>
  Array.from({ length: count }, (_, i) => {
    const result = Buffer.alloc(bytes, i);
    const data = { runId: `run ${i % runs}`, unit: String(i), units: count, result, error: '' };
    const event = createEvent('taxon.work.done', data, { source: '/bench' });
    const { key, headers, value } = encodeEvent(event);
    return { event, key, headers: { ...headers }, value: Buffer.from(value) };
  });
