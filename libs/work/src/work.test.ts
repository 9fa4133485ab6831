import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { createEvent, openEventBus, type EventBus } from '@taxon/events';
import { invalidInput, TaxonError } from '@taxon/errors';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { runUnits, workerOf, workGroup, workHandler, type DoWork, type WorkKind } from './index.ts';

const kind: WorkKind<{ number: number }, { square: number }> = {
  name: 'square',
  payload: z.object({ number: z.number() }),
  result: z.object({ square: z.number() }),
};

let root: string;
let count = 0;
beforeAll(async () => (root = await mkdtemp(join(tmpdir(), 'taxon-work-'))));
afterAll(() => rm(root, { recursive: true }));
const openFolder = (): string => join(root, String(count++));
const openBus = (folder: string): Promise<EventBus> => openEventBus({ folder });

const startWorker = (bus: EventBus, run: DoWork<{ number: number }, { square: number }>) =>
  bus.subscribe({
    group: workGroup('square'),
    handlers: { 'taxon.work.requested': workHandler({ bus, workers: [workerOf(kind, run)], source: '/worker' }) },
    retry: { firstDelay: 10 },
    concurrency: 4,
  });
const square: DoWork<{ number: number }, { square: number }> = ({ number }) => Promise.resolve({ square: number ** 2 });
const unitsTo = (end: number) =>
  Array.from({ length: end }, (_, number) => ({ name: String(number), payload: { number } }));
const never = new AbortController().signal;

describe('units of work', () => {
  it('are done by workers and joined, each once, however often it is told', async () => {
    const folder = openFolder();
    const [asking, one, other] = await Promise.all([openBus(folder), openBus(folder), openBus(folder)]);
    const doneBy: number[] = [0, 0];
    const workers = [one, other].map((bus, i) =>
      startWorker(bus, async (payload, options) => {
        doneBy[i]!++;
        await setTimeout(2);
        return square(payload, options);
      }),
    );
    await Promise.all(workers.map(({ ready }) => ready));
    const found = new Map<string, number>();
    const options = { bus: asking, kind, runId: 'r', startedAt: new Date(), source: '/test', signal: never };
    const running = runUnits({
      ...{ ...options, units: unitsTo(200), total: 200, window: 16 },
      onResult: (unit, { square: value }) => {
        expect(found.has(unit)).toBe(false);
        found.set(unit, value);
      },
    });
    // Somebody tells a result twice more.
    const data = { runId: 'r', unit: '3', units: 200, result: Buffer.from('{"square":9}'), error: '' };
    const twice = createEvent('taxon.work.done', data, { source: '/somebody' });
    await asking.publish([twice, twice]);
    await running;
    expect([...found].every(([unit, value]) => value === Number(unit) ** 2)).toBe(true);
    expect(found.size).toBe(200);
    // How a group shares is the bus's contract; here it is that nothing is done more often than asked for.
    expect([199, 200]).toContain(doneBy[0]! + doneBy[1]!); // one result was told by somebody else
    await Promise.all([asking, one, other].map((bus) => bus.close()));
  });

  it('go on where a run that was cut off stood: what was kept is not asked for again', async () => {
    const folder = openFolder();
    const bus = await openBus(folder);
    const worker = startWorker(bus, square);
    await worker.ready;
    const kept = new Map<string, number>();
    const startedAt = new Date();
    const options = { bus, kind, runId: 'r', startedAt, source: '/test', units: unitsTo(50), window: 4 };
    const killed = new AbortController();
    const first = runUnits({
      ...options,
      signal: killed.signal,
      onResult: (unit, { square: value }) => {
        kept.set(unit, value);
        if (kept.size === 20) killed.abort(new Error('cut off'));
      },
    });
    await expect(first).rejects.toThrow('cut off');
    const before = new Map(kept);
    await runUnits({
      ...{ ...options, signal: never, isKept: (unit) => kept.has(unit) },
      onResult: (unit, { square: value }) => {
        expect(before.has(unit)).toBe(false);
        kept.set(unit, value);
      },
    });
    expect(kept.size).toBe(50);
    await bus.close();
  });

  it('that fail for good end the run with the reason; those that fail by accident are tried again', async () => {
    const bus = await openBus(openFolder());
    const seen = new Map<number, number>();
    const worker = startWorker(bus, async (payload, options) => {
      const attempt = (seen.get(payload.number) ?? 0) + 1;
      seen.set(payload.number, attempt);
      if (payload.number === 1 && attempt < 3) throw new Error('an accident');
      if (payload.number === 7) throw invalidInput('number: 7 is not to be squared');
      return square(payload, options);
    });
    await worker.ready;
    const found: string[] = [];
    const options = { bus, kind, startedAt: new Date(), source: '/test', signal: never, window: 1 };
    const running = runUnits({ ...options, runId: 'r', units: unitsTo(20), onResult: (unit) => void found.push(unit) });
    await expect(running).rejects.toMatchObject({
      code: 'failed_precondition',
      message: 'square r, unit 7: number: 7 is not to be squared',
    });
    expect(found).toEqual(['0', '1', '2', '3', '4', '5', '6']);
    expect([seen.get(1), seen.get(7)]).toEqual([3, 1]);
    await bus.close();
  });

  it('that failed are asked for again by the next life of the run, in which they may go well', async () => {
    const bus = await openBus(openFolder());
    let broken = true;
    const worker = startWorker(bus, (payload, options) => {
      if (broken && payload.number === 2) throw invalidInput('not yet');
      return square(payload, options);
    });
    await worker.ready;
    const found = new Map<string, number>();
    const options = { bus, kind, runId: 'r', startedAt: new Date(), source: '/test', signal: never, units: unitsTo(4) };
    const live = () =>
      runUnits({
        ...{ ...options, isKept: (unit) => found.has(unit) },
        onResult: (unit, result) => void found.set(unit, result.square),
      });
    await expect(live()).rejects.toThrow('unit 2: not yet');
    await expect(live()).rejects.toThrow('unit 2: not yet');
    broken = false;
    await live();
    expect(found.get('2')).toBe(4);
    expect(found.size).toBe(4);
    await bus.close();
  });

  it('that need what one process lacks are done by another; what none has is told once all were asked', async () => {
    const folder = openFolder();
    const [asking, one, other] = await Promise.all([openBus(folder), openBus(folder), openBus(folder)]);
    const lacks = (what: number): void => {
      throw new TaxonError({ code: 'not_found', message: `number: ${what} does not exist` });
    };
    const workers = [
      startWorker(one, (payload, options) => {
        if (payload.number % 10 === 3 || payload.number === 99) lacks(payload.number);
        return square(payload, options);
      }),
      startWorker(other, async (payload, options) => {
        if (payload.number === 99) lacks(payload.number);
        await setTimeout(1);
        return square(payload, options);
      }),
    ];
    await Promise.all(workers.map(({ ready }) => ready));
    const found = new Set<string>();
    const options = { bus: asking, kind, startedAt: new Date(), source: '/test', signal: never };
    await runUnits({ ...options, runId: 'r', units: unitsTo(40), onResult: (unit) => void found.add(unit) });
    expect([...found].map(Number).sort((a, b) => a - b)).toEqual(unitsTo(40).map(({ payload }) => payload.number));
    const none = [{ name: 'lost', payload: { number: 99 } }];
    const failing = runUnits({ ...options, runId: 's', units: none, onResult: () => undefined });
    await expect(failing).rejects.toThrow('unit lost: number: 99 does not exist, wherever it was asked for (9 times)');
    await Promise.all([asking, one, other].map((bus) => bus.close()));
  });

  it('are checked on both sides', async () => {
    const bus = await openBus(openFolder());
    const worker = startWorker(bus, () => Promise.resolve({ square: 'x' } as never));
    await worker.ready;
    const options = { bus, kind, startedAt: new Date(), source: '/test', signal: never };
    const bad = [{ name: 'a', payload: { number: 'x' } as never }];
    await expect(runUnits({ ...options, runId: 'p', units: bad, onResult: () => undefined })).rejects.toThrow(
      'payload of square: number: Invalid input: expected number, received string',
    );
    await expect(runUnits({ ...options, runId: 'q', units: unitsTo(1), onResult: () => undefined })).rejects.toThrow(
      'result of square, unit 0: square: Invalid input',
    );
    expect(() => workGroup('No Name')).toThrow('is no name');
    await bus.close();
  });
});
