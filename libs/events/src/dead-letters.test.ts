import { invalidInput } from '@taxon/errors';
import { describe, expect, it } from 'vitest';
import { largestEvent } from './cloud-events.ts';
import { createDeadLetter, onlyGroupHeader, readDeadLetter, reviveDeadLetter } from './dead-letters.ts';
import type { StoredEvent } from './event.ts';

const stored: StoredEvent = {
  ...{ topic: 'taxon.model.v1', partition: 2, offset: 9_007_199_254_740_993n, key: 'm', headers: { ce_id: '1' } },
  ...{ value: Buffer.from('x'), timestamp: new Date(1) },
};
const time = new Date('2026-01-01T00:00:00Z');
const letter = createDeadLetter(stored, { error: invalidInput('no such row'), group: 'g', attempts: 3, time });

describe('dead letters', () => {
  it('say why and where from', () => {
    expect(letter).toMatchObject({ topic: 'taxon.model.v1.dead', key: 'm', value: stored.value });
    expect(letter.headers['ce_id']).toBe('1');
    expect(readDeadLetter(letter)).toEqual({
      ...{ reason: 'no such row', code: 'invalid_input', topic: 'taxon.model.v1', partition: 2 },
      ...{ offset: 9_007_199_254_740_993n, group: 'g', attempts: 3, time },
    });
  });

  it('leave out what is too large for the bus', () => {
    const large = { ...stored, value: new Uint8Array(largestEvent + 1) };
    const { value, headers } = createDeadLetter(large, { error: new Error('too large'), group: 'g', attempts: 0 });
    expect(value).toHaveLength(0);
    expect(readDeadLetter({ headers })).toMatchObject({ offset: stored.offset, reason: 'too large', code: 'internal' });
  });

  it('are put back as they were, for the group that could not handle them', () => {
    const dead = { ...stored, ...letter };
    expect(reviveDeadLetter(dead)).toEqual({ ...stored, headers: { ce_id: '1', [onlyGroupHeader]: 'g' } });
  });

  it('are not read from what is none', () => {
    expect(readDeadLetter(stored)).toBeUndefined();
  });
});
