import type { EventType, PayloadOf } from './event-types.ts';

/** A CloudEvent 1.0 (cloudevents.io) whose payload is a message of `protos/taxon/events/v1`. */
export interface TaxonEvent<Type extends EventType = EventType> {
  /** Unique with `source`. Effects are keyed by it: the same event may be delivered several times. */
  readonly id: string;
  /** Who says so, a URI reference: `/trainer`, `/inference/host-1`. */
  readonly source: string;
  readonly type: Type;
  /** The entity that it is about; events of one subject keep their order. */
  readonly subject: string;
  readonly time: Date;
  /** W3C trace context, where there is a trace. */
  readonly traceparent?: string;
  readonly tracestate?: string;
  readonly data: PayloadOf<Type>;
}

/** An event as it is written to a topic. */
export interface EncodedEvent {
  readonly topic: string;
  readonly key: string;
  /** CloudEvents attributes and extensions in binary mode: `ce_id`, `ce_type`, …, `content-type`. */
  readonly headers: Readonly<Record<string, string>>;
  readonly value: Uint8Array;
}

/** An event as a bus keeps it: not yet believed. Bytes that are no event of ours reach nobody but the dead-letter topic. */
export interface StoredEvent extends EncodedEvent {
  readonly partition: number;
  /** Within the partition, rising. */
  readonly offset: bigint;
  /** When the bus wrote it. */
  readonly timestamp: Date;
}
