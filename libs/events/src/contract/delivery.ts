import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { encodeEvent, largestEvent } from '../cloud-events.ts';
import { createEvent } from '../create-event.ts';
import { once, openEffects } from '../effects.ts';
import type { TaxonEvent } from '../event.ts';
import { asked, done, onAsked, onDone, quick, range, until, type ContractSetting } from './setting.ts';

/** What is published is delivered. */
export const deliveryTests = (setting: () => ContractSetting): void => {
  it('delivers what was published to each group, once where all goes well', async () => {
    await using bus = await setting().connect();
    const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
    const events = range(20).map((i) => ({ ...done(`run ${i % 3}`, i), traceparent, tracestate: 'a=1' }));
    const seen = { one: [] as TaxonEvent[], two: [] as TaxonEvent[] };
    const subscriptions = (['one', 'two'] as const).map((group) =>
      bus.subscribe({ group, handlers: onDone((_, event) => seen[group].push(event)) }),
    );
    await Promise.all(subscriptions.map(({ ready }) => ready));
    await bus.publish(events.slice(0, 10));
    await bus.publish(events.slice(10));
    await until(() => expect([seen.one.length, seen.two.length]).toEqual([20, 20]));
    await sleep(50);
    const byId = (all: readonly TaxonEvent[]) => all.toSorted((a, b) => (a.id < b.id ? -1 : 1));
    for (const got of Object.values(seen)) expect(byId(got)).toEqual(byId(events));
  });

  it('keeps the order of a key, whatever the times of its events say', async () => {
    await using bus = await setting().connect();
    const runs = range(5).map((run) => `run ${run}`);
    const events = range(50).flatMap((unit) =>
      runs.map((run) => ({ ...done(run, unit), time: new Date(1e12 - unit) })),
    );
    await bus.publish(events);
    const seen = new Map(runs.map((run) => [run, [] as number[]]));
    const handlers = onDone((unit, event) => seen.get(event.subject)!.push(Number(unit)));
    bus.subscribe({ group: 'g', handlers, concurrency: 4 });
    await until(() => expect([...seen.values()].map(({ length }) => length)).toEqual(runs.map(() => 50)));
    for (const units of seen.values()) expect(units).toEqual(range(50));
  });

  it('shares the events among the consumers of a group', async () => {
    await using one = await setting().connect();
    await using two = await setting().connect();
    const seen: [string[], string[]] = [[], []];
    const subscriptions = [one, two].map((bus, i) =>
      bus.subscribe({ group: 'g', handlers: onAsked((unit) => seen[i]!.push(unit)) }),
    );
    await Promise.all(subscriptions.map(({ ready }) => ready));
    let published = 0;
    // Until both take part.
    await until(async () => {
      await one.publish(range(40).map(() => asked(published++)));
      await sleep(50);
      for (const units of seen) expect(units.length).toBeGreaterThan(0);
    });
    await until(() => expect(new Set(seen.flat()).size).toBe(published));
  });

  it('goes on after a close where it was', async () => {
    const seen: string[] = [];
    const handlers = onDone((unit) => seen.push(unit));
    {
      await using bus = await setting().connect();
      const subscription = bus.subscribe({ group: 'g', handlers });
      await bus.publish(range(5).map((unit) => done('run', unit)));
      await until(() => expect(seen).toHaveLength(5));
      await subscription.close();
      await bus.publish(range(5).map((unit) => done('run', 5 + unit)));
    }
    expect(seen).toHaveLength(5);
    await using bus = await setting().connect();
    const subscription = bus.subscribe({ group: 'g', handlers });
    await until(() => expect(seen.length).toBeGreaterThanOrEqual(10));
    await subscription.close();
    expect(seen).toEqual(range(10).map(String));
  });

  it('begins a new group at what comes next, where it is told to', async () => {
    await using bus = await setting().connect();
    await bus.publish([done('run', 'old')]);
    const seen: string[] = [];
    const handlers = onDone((unit) => seen.push(unit));
    const subscription = bus.subscribe({ group: 'g', handlers, from: 'latest' });
    await subscription.ready;
    await bus.publish([done('run', 'new')]);
    await until(() => expect(seen).toEqual(['new']));
    await subscription.close();
    // Known from now on: what came while it was away is not passed over.
    await bus.publish([done('run', 'meanwhile')]);
    bus.subscribe({ group: 'g', handlers, from: 'latest' });
    await until(() => expect(seen).toEqual(['new', 'meanwhile']));
  });

  it('handles one event at a time, or as many partitions as it may, but never two of a key', async () => {
    await using bus = await setting().connect();
    await bus.publish(range(60).map(asked));
    const most = async (concurrency: number | undefined, expected: number): Promise<number> => {
      let now = 0;
      let highest = 0;
      let handled = 0;
      const handlers = onAsked(async () => {
        highest = Math.max(highest, ++now);
        // Waits for company, where there is to be some.
        for (let i = 0; i < 20 && highest < expected; i++) await sleep(5);
        await sleep(1);
        now--;
        handled++;
      });
      const subscription = bus.subscribe({ group: `concurrency ${concurrency ?? 'default'}`, handlers, concurrency });
      await until(() => expect(handled).toBe(60));
      await subscription.close();
      return highest;
    };
    expect(await most(3, 3)).toBe(3);
    expect(await most(undefined, 1)).toBe(1);

    await bus.publish(range(30).map((unit) => done('run', unit)));
    let running = 0;
    const overlaps: boolean[] = [];
    const handlers = onDone(async () => {
      overlaps.push(running++ > 0);
      await sleep(2);
      running--;
    });
    bus.subscribe({ group: 'keys', handlers, concurrency: 8 });
    await until(() => expect(overlaps).toEqual(range(30).map(() => false)));
  });

  it('gives one effect to an event that is delivered three times', async () => {
    await using bus = await setting().connect();
    await using effects = await openEffects(':memory:', { scope: 'g' });
    const event = done('run', 'same');
    await bus.publish([event, event]);
    await bus.publish([event, done('run', 'last')]);
    const seen: string[] = [];
    const handlers = onDone(async (unit, { id }) => {
      await once(effects, id, (store) => store.update(unit, (n) => String(Number(n ?? 0) + 1)));
      seen.push(unit);
    });
    bus.subscribe({ group: 'g', handlers });
    await until(() => expect(seen).toEqual(['same', 'same', 'same', 'last']));
    expect(effects.get('same')).toBe('1');
  });

  it('writes all events of a call or none', async () => {
    await using bus = await setting().connect();
    const bad = { ...done('run', 1), source: '' };
    await expect(bus.publish([done('run', 0), bad])).rejects.toMatchObject({ code: 'invalid_input' });
    const payload = Buffer.alloc(largestEvent);
    const large = createEvent('taxon.work.requested', { ...asked(1).data, payload }, { source: '/contract' });
    await expect(bus.publish([done('run', 0), large])).rejects.toThrow(`the limit is ${largestEvent}`);
    const aborted = AbortSignal.abort();
    await expect(bus.publish([done('run', 0)], { signal: aborted })).rejects.toMatchObject({ code: 'cancelled' });
    await bus.publish([]);
    expect(await bus.topics()).toEqual([]);
    // As large as may be.
    const rest = encodeEvent({ ...large, data: { ...asked(1).data, payload: Buffer.alloc(largestEvent - 1_000) } });
    expect(rest.value.length).toBeGreaterThan(largestEvent - 1_000);
    await bus.publish([{ ...large, data: { ...asked(1).data, payload: Buffer.alloc(largestEvent - 1_000) } }]);
    const sizes: number[] = [];
    bus.subscribe({ group: 'g', handlers: onAsked((_, { data }) => sizes.push(data.payload.length)), retry: quick });
    await until(() => expect(sizes).toEqual([largestEvent - 1_000]));
  });
};
