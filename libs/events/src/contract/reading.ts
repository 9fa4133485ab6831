import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { decodeEvent } from '../cloud-events.ts';
import type { StoredEvent } from '../event.ts';
import { asked, askedTopic, done, doneTopic, onDone, range, readAll, until, type ContractSetting } from './setting.ts';

const unitOf = (stored: StoredEvent): string => (decodeEvent(stored).data as { unit: string }).unit;

/** What people and tools see of the bus. */
export const readingTests = (setting: () => ContractSetting): void => {
  it('reads what is there, and ends', async () => {
    await using bus = await setting().connect();
    expect(await readAll(bus, { topic: doneTopic })).toEqual([]);
    expect(await bus.topics()).toEqual([]);
    const before = Date.now();
    await bus.publish(range(30).map((unit) => done('run', unit)));
    const events = await readAll(bus, { topic: doneTopic });
    expect(events.map(unitOf)).toEqual(range(30).map(String));
    for (const [i, { offset, partition, timestamp, topic }] of events.entries()) {
      expect({ topic, partition }).toEqual({ topic: doneTopic, partition: events[0]!.partition });
      if (i > 0) expect(offset).toBeGreaterThan(events[i - 1]!.offset);
      // Of the bus's clock, which may be another machine's.
      expect(Math.abs(timestamp.getTime() - before)).toBeLessThan(60_000);
    }
    expect(await readAll(bus, { topic: doneTopic, from: 'latest' })).toEqual([]);
    expect(await bus.topics()).toEqual([doneTopic]);
    // Events of all partitions.
    await bus.publish(range(50).map(asked));
    const spread = await readAll(bus, { topic: askedTopic });
    expect(new Set(spread.map(unitOf)).size).toBe(50);
    expect(new Set(spread.map(({ partition }) => partition)).size).toBeGreaterThan(1);
  });

  it('reads from a time on', async () => {
    await using bus = await setting().connect();
    await bus.publish([done('run', 0), done('run', 1)]);
    await sleep(20);
    const time = new Date();
    await sleep(20);
    await bus.publish([done('run', 2)]);
    expect((await readAll(bus, { topic: doneTopic, from: time })).map(unitOf)).toEqual(['2']);
    expect(await readAll(bus, { topic: doneTopic, from: new Date(Date.now() + 1e6) })).toEqual([]);
    expect(await readAll(bus, { topic: doneTopic, from: new Date(0) })).toHaveLength(3);
  });

  it('follows what comes, of another client too, until it is told to stop', async () => {
    await using bus = await setting().connect();
    await using other = await setting().connect();
    await bus.publish([done('run', 'old')]);
    const seen = { earliest: [] as string[], latest: [] as string[] };
    const abort = new AbortController();
    const follow = async (from: 'earliest' | 'latest'): Promise<void> => {
      for await (const event of bus.read({ topic: doneTopic, from, follow: true, signal: abort.signal }))
        seen[from].push(unitOf(event));
    };
    const following = Promise.all([follow('earliest'), follow('latest')]);
    await until(() => expect(seen.earliest).toEqual(['old']));
    let published = 0;
    await until(async () => {
      await other.publish([done('run', published++)]);
      await sleep(20);
      expect(seen.latest.length).toBeGreaterThan(1);
    });
    await until(() => expect(seen.earliest).toEqual(['old', ...range(published).map(String)]));
    abort.abort();
    // Ends, without an error: that is how following ends.
    await following;
    expect(seen.latest.at(-1)).toBe(String(published - 1));
  });

  it('stops reading when the reader has enough', async () => {
    await using bus = await setting().connect();
    await bus.publish(range(5).map((unit) => done('run', unit)));
    for await (const event of bus.read({ topic: doneTopic, follow: true })) {
      expect(unitOf(event)).toBe('0');
      break;
    }
  });

  it('tells how far a group is behind', async () => {
    await using bus = await setting().connect();
    expect(await bus.lag('g')).toEqual([]);
    await bus.publish(range(4).map((unit) => done('run', unit)));
    let handled = 0;
    const subscription = bus.subscribe({ group: 'g', handlers: onDone(() => handled++) });
    await until(async () => {
      expect(handled).toBe(4);
      expect(await bus.lag('g')).toEqual([{ group: 'g', topic: doneTopic, events: 0 }]);
    });
    await subscription.close();
    await bus.publish(range(3).map((unit) => done(`other ${unit}`, unit)));
    expect(await bus.lag('g')).toEqual([{ group: 'g', topic: doneTopic, events: 3 }]);
  });

  it('forgets a group that is gone for good, and none that lives', async () => {
    await using bus = await setting().connect();
    expect(await bus.groups()).toEqual([]);
    await expect(bus.forgetGroup('g')).rejects.toMatchObject({ code: 'not_found' });
    await bus.publish(range(3).map((unit) => done('run', unit)));
    const seen: string[] = [];
    const handlers = onDone((unit) => seen.push(unit));
    const subscriptions = ['g', 'stays'].map((group) => bus.subscribe({ group, handlers }));
    await until(() => expect(seen).toHaveLength(6));
    await until(async () => expect(await bus.groups()).toEqual(['g', 'stays']));
    await expect(bus.forgetGroup('g')).rejects.toMatchObject({ code: 'failed_precondition' });
    await Promise.all(subscriptions.map((subscription) => subscription.close()));
    await bus.forgetGroup('g');
    expect([await bus.groups(), await bus.lag('g')]).toEqual([['stays'], []]);
    // Unknown again, it begins where a new group begins.
    bus.subscribe({ group: 'g', handlers });
    await until(() => expect(seen).toHaveLength(9));
  });

  it('publishes again what was read, byte for byte', async () => {
    await using bus = await setting().connect();
    await bus.publish(range(3).map((unit) => done('run', unit)));
    const first = await readAll(bus, { topic: doneTopic });
    await bus.republish(doneTopic, first.slice(1));
    const all = await readAll(bus, { topic: doneTopic });
    expect(all.map(unitOf)).toEqual(['0', '1', '2', '1', '2']);
    expect(all[3]).toMatchObject({ key: first[1]!.key, headers: first[1]!.headers, partition: first[1]!.partition });
    expect(decodeEvent(all[3]!)).toEqual(decodeEvent(first[1]!));
  });
};
