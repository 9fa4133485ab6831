import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { asked, askedTopic, onAsked, range, readAll, until } from '../contract/setting.ts';
import { openEmbeddedBus } from './embedded-bus.ts';

describe('the embedded bus and time', () => {
  let folder = '';
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'taxon-clocks-'));
  });
  afterEach(async () => {
    vi.useRealTimers();
    await rm(folder, { recursive: true });
  });

  it('has one owner of a partition however the clock jumps', async () => {
    vi.useFakeTimers({ toFake: ['Date'] });
    const noon = Date.now();
    await using one = await openEmbeddedBus(folder, { lease: 300 });
    await using two = await openEmbeddedBus(folder, { lease: 300 });
    const handled: string[] = [];
    const running = new Map<number, number>();
    let overlaps = 0;
    const handlers = onAsked(async (unit, _, { stored: { partition } }) => {
      running.set(partition, (running.get(partition) ?? 0) + 1);
      if (running.get(partition)! > 1) overlaps++;
      await sleep(5);
      running.set(partition, running.get(partition)! - 1);
      handled.push(unit);
    });
    const subscriptions = [one, two].map((bus) => bus.subscribe({ group: 'g', handlers, concurrency: 2 }));
    await Promise.all(subscriptions.map(({ ready }) => ready));
    for (const jump of range(30)) {
      // Days forth and back, years at times.
      vi.setSystemTime(noon + (jump % 2 === 0 ? 1 : -1) * 86_400_000 * (jump % 7 === 0 ? 1_000 : jump));
      await one.publish(range(10).map((i) => asked(10 * jump + i)));
      await sleep(20);
    }
    await until(() => expect(handled).toHaveLength(300));
    await sleep(400);
    expect(new Set(handled).size).toBe(300);
    expect({ overlaps, events: handled.length }).toEqual({ overlaps: 0, events: 300 });
    // The times are those of the clock as it was; the order is that of publishing.
    const events = await readAll(two, { topic: askedTopic });
    expect(new Set(events.map(({ timestamp }) => timestamp.getTime())).size).toBeGreaterThan(20);
    expect(events.map(({ key }) => key)).toEqual(range(300).map((unit) => `run/${unit}`));
  });

  it('lets a handler take ten leases', async () => {
    await using one = await openEmbeddedBus(folder, { lease: 120 });
    await using two = await openEmbeddedBus(folder, { lease: 120 });
    const began: number[] = [];
    const handlers = onAsked(async (_, __, { attempt, signal }) => {
      began.push(attempt);
      await sleep(1_200);
      expect(signal.aborted).toBe(false);
    });
    for (const bus of [one, two]) bus.subscribe({ group: 'g', handlers });
    await one.publish([asked(1)]);
    await until(async () => expect(await one.lag('g')).toMatchObject([{ events: 0 }]));
    expect(began).toEqual([1]);
  });
});
