import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodeEvent } from '../cloud-events.ts';
import { done } from '../contract/setting.ts';
import { packHeaders, unpackHeaders } from './stored-headers.ts';

const { headers } = encodeEvent(done('run', 'unit'));

describe('headers as the log keeps them', () => {
  it('are lines where they are those of an event of ours', () => {
    const traced = { ...headers, traceparent: `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`, tracestate: 'a=1' };
    for (const each of [headers, traced]) {
      expect(packHeaders(each)).not.toContain('{');
      expect(unpackHeaders(packHeaders(each))).toEqual(each);
    }
  });

  it('come back as they were, whatever they are', () => {
    const names = fc.constantFrom(...Object.keys(headers), 'traceparent', 'tracestate', 'other', 'taxon-only-group');
    const text = fc.oneof(fc.string(), fc.constantFrom('', '\n', 'a\nb', '{', '1.0', 'application/protobuf'));
    const changes = fc.dictionary(names, fc.option(text, { nil: undefined }));
    fc.assert(
      fc.property(changes, (changed) => {
        const given = Object.entries({ ...headers, ...changed }).filter(([, value]) => value !== undefined);
        const all = Object.fromEntries(given) as Record<string, string>;
        expect(unpackHeaders(packHeaders(all))).toEqual(all);
      }),
    );
  });
});
