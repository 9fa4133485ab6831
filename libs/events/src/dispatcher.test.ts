import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodeEvent } from './cloud-events.ts';
import { createEvent } from './create-event.ts';
import { onlyGroupHeader, readDeadLetter } from './dead-letters.ts';
import { createDispatcher, type DispatcherOptions, type Observation } from './dispatcher.ts';
import type { EncodedEvent, StoredEvent } from './event.ts';
import { retryDelay, retryPolicy } from './retry.ts';

const event = createEvent(
  'taxon.work.done',
  { runId: 'r', unit: 'u', units: 1, result: Buffer.alloc(0), error: '' },
  { source: '/test' },
);
const stored: StoredEvent = { ...encodeEvent(event), partition: 0, offset: 4n, timestamp: new Date(0) };

const dispatcherOf = (options: Partial<DispatcherOptions>) => {
  const letters: EncodedEvent[] = [];
  const errors: unknown[] = [];
  const observations: Observation[] = [];
  const dispatcher = createDispatcher({
    ...{ group: 'g', handlers: {}, retry: { attempts: 3, firstDelay: 1 } },
    bury: (letter) => {
      letters.push(letter);
      return Promise.resolve();
    },
    onError: (error) => errors.push(error),
    observe: (observation) => observations.push(observation),
    ...options,
  });
  return { dispatcher, letters, errors, observations };
};
const { signal } = new AbortController();

describe('a dispatcher', () => {
  it('gives the event to its handler, with what it may want to know', async () => {
    const seen: unknown[] = [];
    const handlers = { 'taxon.work.done': (...args: unknown[]) => Promise.resolve(void seen.push(args)) };
    const { dispatcher, observations } = dispatcherOf({ handlers });
    expect(dispatcher.topics).toEqual(['taxon.work.done.v1']);
    expect(await dispatcher.dispatch(stored, { signal })).toBe('handled');
    expect(seen).toEqual([[event, { attempt: 1, stored, signal }]]);
    expect(observations).toMatchObject([{ outcome: 'handled', attempts: 1 }]);
  });

  it('passes over what has no handler, and what is for another group', async () => {
    const handlers = { 'taxon.work.requested': () => Promise.resolve() };
    expect(await dispatcherOf({ handlers }).dispatcher.dispatch(stored, { signal })).toBe('passed');
    const failing = dispatcherOf({ handlers: { 'taxon.work.done': () => Promise.reject(new Error('called')) } });
    const other = { ...stored, headers: { ...stored.headers, [onlyGroupHeader]: 'h' } };
    expect(await failing.dispatcher.dispatch(other, { signal })).toBe('passed');
    const own = { ...stored, headers: { ...stored.headers, [onlyGroupHeader]: 'g' } };
    expect(await failing.dispatcher.dispatch(own, { signal })).toBe('dead');
  });

  it('tries again, and gives up with a dead letter', async () => {
    const attempts: number[] = [];
    const began: number[] = [];
    const { dispatcher, letters, errors } = dispatcherOf({
      handlers: {
        'taxon.work.done': (_, { attempt }) => {
          attempts.push(attempt);
          throw new Error(`no ${attempt}`); // thrown, not rejected: the same
        },
      },
    });
    const onAttempt = (attempt: number): void => void began.push(attempt);
    expect(await dispatcher.dispatch(stored, { signal, onAttempt })).toBe('dead');
    expect(attempts).toEqual([1, 2, 3]);
    expect(began).toEqual([1, 2, 3]);
    expect(errors.map(String)).toEqual(['Error: no 1', 'Error: no 2', 'Error: no 3']);
    expect(readDeadLetter(letters[0]!)).toMatchObject({ reason: 'no 3', code: 'internal', attempts: 3, offset: 4n });
  });

  it('counts the deliveries that a process died of', async () => {
    const seen: number[] = [];
    const handlers = { 'taxon.work.done': (_: unknown, { attempt }: { attempt: number }) => void seen.push(attempt) };
    const { dispatcher, letters } = dispatcherOf({ handlers: handlers as never });
    expect(await dispatcher.dispatch(stored, { signal, attemptsBefore: 2 })).toBe('handled');
    expect(await dispatcher.dispatch(stored, { signal, attemptsBefore: 3 })).toBe('dead');
    expect(seen).toEqual([3]);
    expect(readDeadLetter(letters[0]!)?.reason).toBe('its process ended during each of 3 deliveries');
  });

  it('buries what cannot be read at once', async () => {
    const { dispatcher, letters } = dispatcherOf({ handlers: { 'taxon.work.done': () => Promise.resolve() } });
    expect(await dispatcher.dispatch({ ...stored, value: Buffer.from([255]) }, { signal })).toBe('dead');
    expect(readDeadLetter(letters[0]!)).toMatchObject({ code: 'invalid_input', attempts: 0 });
  });

  it('does not let an event go before its dead letter is written', async () => {
    let refusals = 3;
    const { dispatcher, errors } = dispatcherOf({
      handlers: { 'taxon.work.done': () => Promise.resolve() },
      bury: () => (refusals-- > 0 ? Promise.reject(new Error('full')) : Promise.resolve()),
    });
    expect(await dispatcher.dispatch({ ...stored, value: Buffer.from([255]) }, { signal })).toBe('dead');
    expect(errors.filter((error) => String(error) === 'Error: full')).toHaveLength(3);
  });

  it('does not count as a failure what the bus could not note', async () => {
    let refusals = 5;
    const { dispatcher, observations } = dispatcherOf({ handlers: { 'taxon.work.done': () => Promise.resolve() } });
    const onAttempt = () => (refusals-- > 0 ? Promise.reject(new Error('busy')) : Promise.resolve());
    expect(await dispatcher.dispatch(stored, { signal, onAttempt })).toBe('handled');
    expect(observations).toMatchObject([{ attempts: 1 }]);
  });

  it('stops with the signal: in the handler, between attempts, at the dead letter', async () => {
    const abort = new AbortController();
    const stopped = (handler: () => Promise<void>, options: Partial<DispatcherOptions> = {}) => {
      const { dispatcher } = dispatcherOf({ handlers: { 'taxon.work.done': handler }, ...options });
      return dispatcher.dispatch(stored, { signal: abort.signal });
    };
    const retry = { attempts: 2, firstDelay: 1e9, longestDelay: 1e9 };
    const all = Promise.all([
      stopped(
        () => new Promise((_, reject) => abort.signal.addEventListener('abort', () => reject(new Error('stop')))),
      ),
      stopped(() => Promise.reject(new Error('again')), { retry }),
      stopped(() => Promise.reject(new Error('dead')), {
        retry: { ...retry, attempts: 1 },
        bury: () => Promise.reject(new Error('full')),
      }),
      // It ended well nevertheless.
      stopped(() => new Promise((resolve) => abort.signal.addEventListener('abort', () => resolve()))),
    ]);
    setTimeout(() => abort.abort(), 20);
    expect(await all).toEqual(['aborted', 'aborted', 'aborted', 'handled']);
  });
});

describe('retries', () => {
  it('wait twice as long each time, up to a limit, and never all the same', () => {
    const policy = retryPolicy({ firstDelay: 100, longestDelay: 1000 });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 200 }), fc.double({ min: 0, max: 1, noNaN: true }), (attempt, random) => {
        const full = Math.min(1000, 100 * 2 ** (attempt - 1));
        const delay = retryDelay(policy, attempt, () => random);
        expect(delay).toBeGreaterThanOrEqual(full / 2);
        expect(delay).toBeLessThanOrEqual(full);
      }),
    );
  });

  it('are refused where they are nonsense', () => {
    expect(() => retryPolicy({ attempts: 0 })).toThrow('retry.attempts is 0');
    expect(() => retryPolicy({ firstDelay: -1 })).toThrow('retry.firstDelay is -1');
  });
});
