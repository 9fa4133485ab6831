import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeEvent, encodeEvent, largestEvent } from './cloud-events.ts';
import { createEvent } from './create-event.ts';
import type { StoredEvent, TaxonEvent } from './event.ts';

const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
const made = (over: Partial<TaxonEvent> = {}): TaxonEvent => ({
  ...createEvent(
    'taxon.work.requested',
    { runId: 'r', unit: 'u', units: 2, kind: 'predict', payload: Buffer.from('{}') },
    { source: '/test', traceparent, tracestate: 'a=1' },
  ),
  ...over,
});
const stored = (over: Partial<StoredEvent> = {}, event = made()): StoredEvent => ({
  ...encodeEvent(event),
  ...{ partition: 3, offset: 7n, timestamp: new Date(5) },
  ...over,
});

describe('an event as headers and bytes', () => {
  it('is CloudEvents 1.0 in binary mode', () => {
    const event = made({ time: new Date('2026-11-25T10:00:00.123Z') });
    expect(encodeEvent(event)).toMatchObject({
      topic: 'taxon.work.v1',
      key: 'r/u',
      headers: {
        ...{ ce_specversion: '1.0', ce_id: event.id, ce_source: '/test', ce_type: 'taxon.work.requested' },
        ...{ ce_subject: 'r/u', ce_time: '2026-11-25T10:00:00.123Z', 'content-type': 'application/protobuf' },
        ...{ traceparent, tracestate: 'a=1' },
      },
    });
  });

  it('comes back as it was', () => {
    const text = fc.string({ minLength: 1, unit: 'grapheme' }).map((name) => name.replaceAll('/', '_'));
    const event = fc.record({ runId: text, unit: text, units: fc.nat(), kind: text, payload: fc.uint8Array() });
    fc.assert(
      fc.property(event, text, text, fc.date({ noInvalidDate: true, min: new Date(0) }), (data, id, source, time) => {
        const payload = Buffer.from(data.payload);
        const created = createEvent('taxon.work.requested', { ...data, payload }, { source, id, time });
        expect(decodeEvent(stored({}, created))).toEqual(created);
      }),
    );
  });

  it.each<[string, TaxonEvent]>([
    ["there is no event type 'taxon.nothing'", made({ type: 'taxon.nothing' as 'taxon.work.done' })],
    ['source is empty', made({ source: '' })],
    ['id is empty', made({ id: '' })],
    ['time is not a valid date', made({ time: new Date(NaN) })],
    ["traceparent 'x'", made({ traceparent: 'x' })],
    ['names no entity', made({ data: { ...made().data, runId: '' } as TaxonEvent['data'] })],
    ['its payload is no taxon.work.requested', made({ data: { runId: 'a', unit: 'b' } as TaxonEvent['data'] })],
    [
      `the limit is ${largestEvent}`,
      made({ data: { ...made().data, payload: Buffer.alloc(largestEvent) } as TaxonEvent['data'] }),
    ],
  ])('is not written where %s', (message, event) => {
    expect(() => encodeEvent(event)).toThrow(message);
  });

  const headers = (over: Record<string, string>) => stored({ headers: { ...stored().headers, ...over } });
  it.each<[string, StoredEvent]>([
    ["its type 'taxon.nothing' is unknown", headers({ ce_type: 'taxon.nothing' })],
    ["its type 'toString' is unknown", headers({ ce_type: 'toString' })],
    ['belongs to the topic taxon.work.v1, not to taxon.model.v1', stored({ topic: 'taxon.model.v1' })],
    ["ce_specversion is '0.3'", headers({ ce_specversion: '0.3' })],
    ['its header ce_specversion is missing', stored({ headers: {} })],
    ['its header ce_id is missing', headers({ ce_id: '' })],
    ["its content-type is 'application/json'", headers({ 'content-type': 'application/json' })],
    ["its ce_time 'soon' is no time", headers({ ce_time: 'soon' })],
    ['its 2 bytes are no taxon.work.requested', stored({ value: Buffer.from([10, 200]) })],
    ['names no entity', stored({ value: new Uint8Array() })],
    [`the limit is ${largestEvent}`, stored({ value: new Uint8Array(largestEvent + 1) })],
  ])('is not believed where %s', (message, event) => {
    expect(() => decodeEvent(event)).toThrow(message);
  });

  it('loses a broken trace, not the event', () => {
    const { traceparent: none, tracestate, id } = decodeEvent(headers({ traceparent: 'x' }));
    expect({ none, id: id.length }).toEqual({ none: undefined, id: 36 });
    expect(tracestate).toBe('a=1');
  });
});
