import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createEventHistory, type EventHistory } from './event-history.ts';

type TestEvent = { $case: 'notice'; value: string } | { $case: 'progress'; value: number };

const notice = (value: string): TestEvent => ({ $case: 'notice', value });
const progress = (value: number): TestEvent => ({ $case: 'progress', value });
const createHistory = (keptProgress?: number) =>
  createEventHistory<TestEvent>({ isProgress: ({ $case }) => $case === 'progress', keptProgress });
const never = new AbortController().signal;

const collect = async (history: EventHistory<TestEvent>, after = 0n, limit = Infinity) => {
  const seen: bigint[] = [];
  for await (const { sequence } of history.follow(after, never)) if (seen.push(sequence) >= limit) break;
  return seen;
};

describe('event history', () => {
  it('gives late and early watchers the same events, each once and in order', async () => {
    const history = createHistory();
    const early = collect(history);
    for (let n = 0; n < 5; n++) {
      history.append(notice(String(n)));
      await new Promise(setImmediate);
    }
    history.end();
    expect(await early).toEqual([1n, 2n, 3n, 4n, 5n]);
    expect(await collect(history)).toEqual([1n, 2n, 3n, 4n, 5n]);
    expect(history.lastSequence).toBe(5n);
  });

  it('goes on from any sequence number', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.boolean()),
        fc.nat(60),
        fc.integer({ min: 1, max: 5 }),
        async (kinds, after, kept) => {
          const history = createHistory(kept);
          kinds.forEach((isProgress, n) => history.append(isProgress ? progress(n) : notice(String(n))));
          history.end();
          const all = await collect(history);
          expect(await collect(history, BigInt(after))).toEqual(all.filter((sequence) => sequence > BigInt(after)));
          // Notices are all there, and of progress at least the newest.
          const isKept = (n: number) => all.includes(BigInt(n + 1));
          kinds.forEach((isProgress, n) => expect(isProgress || isKept(n)).toBe(true));
          const newest = [...kinds.keys()].filter((n) => kinds[n]).slice(-kept);
          expect(newest.every(isKept)).toBe(true);
          expect(all.filter((sequence) => kinds[Number(sequence) - 1]).length).toBeLessThan(2 * kept);
        },
      ),
    );
  });

  it('stops with the reason of the signal', async () => {
    const history = createHistory();
    history.append(notice('a'));
    const controller = new AbortController();
    const events = history.follow(0n, controller.signal);
    expect((await events.next()).value).toMatchObject({ sequence: 1n });
    const next = events.next();
    controller.abort(new Error('gone'));
    await expect(next).rejects.toThrow('gone');
  });
});
