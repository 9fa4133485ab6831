import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { asked, askedTopic, done, doneTopic, onAsked, range, readAll, until } from '../contract/setting.ts';
import { createEvent } from '../create-event.ts';
import { deadTopicOf } from '../dead-letters.ts';
import type { EventBus } from '../event-bus.ts';
import { createEmbeddedBus } from './embedded-bus.ts';
import { openEventLog, type EventLog } from './event-log.ts';
import { createRetention, type RetentionOptions } from './retention.ts';

const hour = 3_600_000;
const { signal } = new AbortController();

describe('retention of the embedded log', () => {
  let folder = '';
  let log: EventLog;
  let bus: EventBus;
  const warnings: string[] = [];
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'taxon-retention-'));
    log = openEventLog(join(folder, 'events.sqlite'));
    bus = createEmbeddedBus(log);
    warnings.length = 0;
  });
  afterEach(async () => {
    vi.useRealTimers();
    await bus.close();
    await rm(folder, { recursive: true });
  });
  const sweep = (options: RetentionOptions) =>
    createRetention(log, options, (message) => warnings.push(message))(signal);
  const left = async (topic: string): Promise<number> => {
    return (await readAll(bus, { topic })).length;
  };
  /** Everything that is there is acknowledged. */
  const handleAll = async (group: string): Promise<void> => {
    const subscription = bus.subscribe({ group, handlers: onAsked(() => undefined) });
    await subscription.ready;
    await until(async () => expect(await bus.lag(group)).toMatchObject([{ events: 0 }]));
    await subscription.close();
  };
  const hoursLater = (hours: number): void => {
    vi.useFakeTimers({ toFake: ['Date'] });
    vi.setSystemTime(Date.now() + hours * hour);
  };

  it('deletes what is old, but nothing that a known group has not handled', async () => {
    await bus.publish(range(1_200).map(asked));
    await handleAll('slow');
    await handleAll('quick');
    await bus.publish(range(100).map((unit) => asked(2_000 + unit)));
    await handleAll('quick');
    await bus.publish([done('run', 1)]); // nobody's, and the newest
    expect(await sweep({ age: hour })).toEqual({ deleted: 0, discarded: 0 });
    hoursLater(2);
    expect(await sweep({ age: hour })).toEqual({ deleted: 1_200, discarded: 0 });
    expect([await left(askedTopic), await left(doneTopic)]).toEqual([100, 1]);
    await handleAll('slow');
    await bus.publish([done('run', 2)]);
    expect(await sweep({ age: hour })).toEqual({ deleted: 101, discarded: 0 });
    expect(warnings).toEqual([]);
  });

  it('never gives an id twice, whatever is deleted', async () => {
    await bus.publish([asked(1), asked(2)]);
    hoursLater(2);
    await sweep({ age: 1 });
    await bus.publish([asked(3)]);
    const offsets: bigint[] = [];
    for await (const { offset } of bus.read({ topic: askedTopic })) offsets.push(offset);
    expect(offsets).toEqual([2n, 3n]);
  });

  it('keeps dead letters longer', async () => {
    await bus.republish(deadTopicOf(askedTopic), [
      {
        topic: '',
        key: 'a',
        headers: {},
        value: Buffer.alloc(1),
        partition: 0,
        offset: 0n,
        timestamp: new Date(),
      },
    ]);
    await bus.publish([done('run', 1)]);
    hoursLater(2);
    expect(await sweep({ age: hour, deadAge: 3 * hour })).toMatchObject({ deleted: 0 });
    expect(await sweep({ age: hour, deadAge: hour })).toMatchObject({ deleted: 1 });
  });

  it('deletes the oldest when there is too much, and loudly what was not handled only at the hard limit', async () => {
    const megabytes = async (n: number): Promise<void> => {
      for (let i = 0; i < n; i++)
        await bus.publish(range(10).map((unit) => createEvent('taxon.work.requested', { ...asked(unit).data, payload: Buffer.alloc(100_000) }, { source: '/test' }))); // prettier-ignore
    };
    await megabytes(4);
    await handleAll('g');
    await megabytes(2);
    const MB = 1_000_000;
    // The handled four go, oldest first, as far as need be.
    const first = await sweep({ bytes: 4 * MB, hardBytes: 20 * MB });
    expect(first).toMatchObject({ discarded: 0 });
    expect(await sweep({ bytes: MB, hardBytes: 20 * MB })).toMatchObject({ discarded: 0 });
    expect(await bus.lag('g')).toMatchObject([{ events: 20 }]);
    expect(await left(askedTopic)).toBe(20);
    expect(warnings).toEqual([]);
    const last = await sweep({ bytes: 0.5 * MB, hardBytes: MB });
    expect(last.discarded).toBeGreaterThan(0);
    expect(await left(askedTopic)).toBe(20 - last.discarded);
    expect(warnings).toEqual([expect.stringContaining(`${last.discarded} events that a group has not handled yet`)]);
  });
});
