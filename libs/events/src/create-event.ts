import { randomUUID } from 'node:crypto';
import type { TaxonEvent } from './event.ts';
import { eventTypes, type EventType, type PayloadOf } from './event-types.ts';

export interface CreateEventOptions {
  /** Who says so, a URI reference: `/trainer`. */
  source: string;
  /** For an event that may be made twice of one cause: derived from the cause, it has one effect. @default random */
  id?: string;
  /** @default the payload's key, e.g. the model */
  subject?: string;
  /** @default now */
  time?: Date;
  traceparent?: string;
  tracestate?: string;
}

export const createEvent = <Type extends EventType>(
  type: Type,
  data: PayloadOf<Type>,
  { source, id, subject, time, traceparent, tracestate }: CreateEventOptions,
): TaxonEvent<Type> => {
  const key = eventTypes[type].key as (data: PayloadOf<Type>) => string;
  return {
    ...{ id: id ?? randomUUID(), source, type, subject: subject ?? key(data), time: time ?? new Date() },
    ...(traceparent !== undefined && { traceparent }),
    ...(tracestate !== undefined && { tracestate }),
    data,
  };
};
