import type { KafkaMessage } from 'kafkajs';
import type { StoredEvent } from '../event.ts';

const headersOf = (headers: KafkaMessage['headers']): Record<string, string> => {
  const texts: Record<string, string> = {};
  for (const name in headers) {
    const value = headers[name];
    // Kafka allows a name several times; CloudEvents does not, so the last one counts.
    const one = Array.isArray(value) ? value.at(-1) : value;
    if (one !== undefined) texts[name] = one.toString();
  }
  return texts;
};

/** @param topic without the prefix */
export const toStoredEvent = (topic: string, partition: number, message: KafkaMessage): StoredEvent => ({
  topic,
  partition,
  offset: BigInt(message.offset),
  key: message.key?.toString() ?? '',
  headers: headersOf(message.headers),
  value: message.value ?? new Uint8Array(),
  timestamp: new Date(Number(message.timestamp)),
});
