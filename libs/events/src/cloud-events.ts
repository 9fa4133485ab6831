import { BinaryWriter } from '@bufbuild/protobuf/wire';
import { invalidInput } from '@taxon/errors';
import type { EncodedEvent, StoredEvent, TaxonEvent } from './event.ts';
import { eventTypes, type EventType } from './event-types.ts';

// CloudEvents 1.0.2, Kafka protocol binding, binary mode: attributes are headers, the payload is the value.
const contentType = 'application/protobuf';

/**
 * Key, headers and value together, bytes. Kafka's brokers take batches of 1,048,588 by default; what is left over is for the
 * batch's own fields and for what a dead letter adds.
 */
export const largestEvent = 1_000_000;

export const bytesOf = ({ key, headers, value }: Pick<EncodedEvent, 'key' | 'headers' | 'value'>): number => {
  let bytes = Buffer.byteLength(key) + value.length;
  for (const [name, text] of Object.entries(headers)) bytes += name.length + Buffer.byteLength(text);
  return bytes;
};

export const isEventType = (type: string | undefined): type is EventType =>
  type !== undefined && Object.hasOwn(eventTypes, type);

const traceparentPattern = /^[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/u;

const checkSize = (event: Pick<EncodedEvent, 'key' | 'headers' | 'value'>, name: string): void => {
  // A character has three bytes at most; most events are far from the limit, and counted so in no time.
  let characters = event.key.length;
  for (const header in event.headers) characters += header.length + event.headers[header]!.length;
  if (event.value.length + 3 * characters <= largestEvent) return;
  const bytes = bytesOf(event);
  if (bytes > largestEvent) throw invalidInput(`${name} has ${bytes} bytes; the limit is ${largestEvent}`);
};

/** Every part of a key says which entity it is: `model`, `run/unit`. */
const keyOf = (type: EventType, data: TaxonEvent['data'], name = ''): string => {
  const key = (eventTypes[type].key as (data: TaxonEvent['data']) => string)(data);
  if (key === '' || key.startsWith('/') || key.endsWith('/') || key.includes('//'))
    throw invalidInput(`${name}its payload's key '${key}' names no entity`);
  return key;
};

/** One for all events: its memory has grown to their size already. `finish` copies out of it. */
let writer = new BinaryWriter();
/** What a writer may keep for the next, bytes. */
const keptBytes = 1_000_000;

/** Writes the payload behind its length. */
const writePayload = ({ type, data }: TaxonEvent, name: string): void => {
  const { encode } = eventTypes[type].codec as {
    encode: (data: TaxonEvent['data'], writer: BinaryWriter) => unknown;
  };
  try {
    writer.fork();
    encode(data, writer);
    writer.join();
  } catch (cause) {
    throw invalidInput(`${name}: its payload is no ${type}: ${cause instanceof Error ? cause.message : String(cause)}`);
  }
};

/** Payloads that lie in one piece of memory one after the other, each behind its length. */
const splitPayloads = (bytes: Uint8Array, count: number): Uint8Array[] => {
  let at = 0;
  return Array.from({ length: count }, () => {
    let length = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = bytes[at++]!;
      length |= (byte & 0x7f) << shift;
      if (byte < 0x80) break;
    }
    at += length;
    return bytes.subarray(at - length, at);
  });
};

const nameOf = ({ id, type }: TaxonEvent): string => `event ${id} (${type})`;

const checkAttribute = (event: TaxonEvent, attribute: 'id' | 'source' | 'subject', text: unknown): void => {
  if (typeof text !== 'string' || text === '') throw invalidInput(`${nameOf(event)}: ${attribute} is empty`);
};

const checkAttributes = (event: TaxonEvent): void => {
  const { id, source, type, subject, time, traceparent } = event;
  if (!isEventType(type)) throw invalidInput(`there is no event type '${String(type)}'`);
  checkAttribute(event, 'id', id);
  checkAttribute(event, 'source', source);
  checkAttribute(event, 'subject', subject);
  if (Number.isNaN(time.getTime())) throw invalidInput(`${nameOf(event)}: time is not a valid date`);
  if (traceparent !== undefined && !traceparentPattern.test(traceparent))
    throw invalidInput(`${nameOf(event)}: traceparent '${traceparent}' is not as W3C trace context has it`);
};

/** Events that come together are often of the same millisecond. */
let lastTime = { ms: 0, text: new Date(0).toISOString() };
const timeText = (time: Date): string => {
  const ms = time.getTime();
  if (ms !== lastTime.ms) lastTime = { ms, text: time.toISOString() };
  return lastTime.text;
};

const withPayload = (event: TaxonEvent, value: Uint8Array): EncodedEvent => {
  const { id, source, type, subject, time, traceparent, tracestate, data } = event;
  const headers: Record<string, string> = {
    ce_specversion: '1.0',
    ce_id: id,
    ce_source: source,
    ce_type: type,
    ce_subject: subject,
    ce_time: timeText(time),
    'content-type': contentType,
  };
  // Not `ce_`: the names under which OpenTelemetry's instrumentation of brokers looks for them.
  if (traceparent !== undefined) headers['traceparent'] = traceparent;
  if (tracestate !== undefined) headers['tracestate'] = tracestate;
  const encoded = { topic: eventTypes[type].topic, key: keyOf(type, data, `${nameOf(event)}: `), headers, value };
  checkSize(encoded, nameOf(event));
  return encoded;
};

/** Events whose payloads share a piece of memory: one for each would cost the collector more than encoding does. */
const encodedTogether = 64;

const encodeGroup = (events: readonly TaxonEvent[]): EncodedEvent[] => {
  try {
    for (const event of events) {
      checkAttributes(event);
      writePayload(event, nameOf(event));
    }
  } catch (error) {
    // What it has written so far is in it.
    writer = new BinaryWriter();
    throw error;
  }
  const bytes = writer.finish();
  if (bytes.length > keptBytes) writer = new BinaryWriter();
  const payloads = splitPayloads(bytes, events.length);
  return events.map((event, i) => withPayload(event, payloads[i]!));
};

/** @throws TaxonError `invalid_input` where an event lacks what every event has, or is too large */
export const encodeEvents = (events: readonly TaxonEvent[]): EncodedEvent[] => {
  if (events.length <= encodedTogether) return encodeGroup(events);
  const encoded: EncodedEvent[] = [];
  for (let i = 0; i < events.length; i += encodedTogether)
    encoded.push(...encodeGroup(events.slice(i, i + encodedTogether)));
  return encoded;
};

/** @throws TaxonError `invalid_input` where the event lacks what every event has, or is too large */
export const encodeEvent = (event: TaxonEvent): EncodedEvent => encodeEvents([event])[0]!;

const attribute = (stored: StoredEvent, name: string): string => {
  const text = stored.headers[name];
  if (text === undefined || text === '') throw invalidInput(`its header ${name} is missing`);
  return text;
};

const typeOf = (stored: StoredEvent): EventType => {
  const version = attribute(stored, 'ce_specversion');
  if (version !== '1.0') throw invalidInput(`its ce_specversion is '${version}', not 1.0`);
  const type = attribute(stored, 'ce_type');
  if (!isEventType(type)) throw invalidInput(`its type '${type}' is unknown`);
  const { topic } = eventTypes[type];
  if (stored.topic !== topic) throw invalidInput(`${type} belongs to the topic ${topic}, not to ${stored.topic}`);
  const content = attribute(stored, 'content-type');
  if (content !== contentType && content.split(';', 1)[0]!.trim() !== contentType)
    throw invalidInput(`its content-type is '${content}', not ${contentType}`);
  return type;
};

const dataOf = (type: EventType, value: Uint8Array): TaxonEvent['data'] => {
  try {
    return eventTypes[type].codec.decode(value);
  } catch (cause) {
    throw invalidInput(
      `its ${value.length} bytes are no ${type}: ${cause instanceof Error ? cause.message : String(cause)}`,
    );
  }
};

/**
 * What arrived, checked before it is believed.
 * @throws TaxonError `invalid_input` with the reason: too large, an attribute missing, an unknown type, a topic that is not the
 *   type's, bytes that are no such payload
 */
export const decodeEvent = (stored: StoredEvent): TaxonEvent => {
  checkSize(stored, 'it');
  const type = typeOf(stored);
  const id = attribute(stored, 'ce_id');
  const source = attribute(stored, 'ce_source');
  const time = new Date(stored.headers['ce_time'] ?? stored.timestamp);
  if (Number.isNaN(time.getTime())) throw invalidInput(`its ce_time '${stored.headers['ce_time'] ?? ''}' is no time`);
  const data = dataOf(type, stored.value);
  const key = keyOf(type, data);
  const { traceparent, tracestate } = stored.headers;
  const subject = stored.headers['ce_subject'] ?? key;
  if (traceparent === undefined) return { id, source, type, subject, time, data };
  return {
    ...{ id, source, type, subject, time },
    // A trace is no reason to lose an event: one that is not well formed is left out.
    ...(traceparentPattern.test(traceparent) && { traceparent }),
    ...(tracestate !== undefined && { tracestate }),
    data,
  };
};
