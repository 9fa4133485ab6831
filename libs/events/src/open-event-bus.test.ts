import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Registry } from 'prom-client';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { asked, askedTopic, done, onAsked, onDone, quick, range, readAll, until } from './contract/setting.ts';
import { deadTopicOf } from './dead-letters.ts';
import { busOptions, eventConfigFromEnvironment, eventConfigSchema } from './event-config.ts';
import { openEventBus } from './open-event-bus.ts';

describe('openEventBus', () => {
  let folder = '';
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'taxon-open-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  it('keeps events in the folder where nothing else is named', async () => {
    {
      await using bus = await openEventBus({ folder: join(folder, 'a/b') });
      await bus.publish([done('run', 1)]);
    }
    await using bus = await openEventBus({ folder: join(folder, 'a/b') });
    expect(await bus.topics()).toEqual(['taxon.work.done.v1']);
  });

  it('shares a bus in memory by its name', async () => {
    await using one = await openEventBus({ url: 'memory:here' });
    await using two = await openEventBus({ url: 'memory:here' });
    await using other = await openEventBus({ url: 'memory:' });
    await one.publish([done('run', 1)]);
    expect([await two.topics(), await other.topics()]).toEqual([['taxon.work.done.v1'], []]);
  });

  it('does not connect to Kafka before it is needed', async () => {
    await using bus = await openEventBus({ url: 'kafka://localhost:1,localhost:2' });
    expect(bus).toHaveProperty('publish');
  });

  it.each([
    [{ url: 'kafka://localhost' }, "'localhost', which is not host:port"],
    [{ url: 'kafka://a:1,' }, "'', which is not host:port"],
    [{ url: 'http://a:1' }, "events.url is 'http://a:1'; it begins with kafka:// or memory:"],
    [{}, 'events.folder is missing'],
  ])('refuses %j', async (options, message) => {
    await expect(openEventBus(options)).rejects.toThrow(message);
  });

  it('counts what happens, under labels that nobody can make up', async () => {
    const registry = new Registry();
    await using bus = await openEventBus({ url: 'memory:', registry });
    const handlers = onAsked((unit, _, { attempt }) => {
      if (unit === '1' && attempt === 1) throw new Error('once more');
      if (unit === '2') throw new Error('never');
    });
    bus.subscribe({ group: 'g', handlers, retry: quick });
    await bus.publish(range(4).map(asked));
    await bus.republish('made-up-topic', await readAll(bus, { topic: askedTopic }));
    await until(async () => expect(await bus.lag('g')).toMatchObject([{ events: 0 }]));
    const text = await registry.metrics();
    for (const line of [
      `taxon_events_published_total{topic="${askedTopic}"} 4`,
      'taxon_events_published_total{topic="other"} 4',
      `taxon_events_received_total{group="g",topic="${askedTopic}",outcome="handled"} 3`,
      `taxon_events_received_total{group="g",topic="${askedTopic}",outcome="dead"} 1`,
      `taxon_events_retried_total{group="g",topic="${askedTopic}"} 3`,
      `taxon_events_handler_seconds_count{group="g",topic="${askedTopic}"} 4`,
      `taxon_events_lag{group="g",topic="${askedTopic}"} 0`,
    ])
      expect(text).toContain(line);
    expect(await bus.topics()).toContain(deadTopicOf(askedTopic));
  });

  it('tells the lag of groups that fall behind', async () => {
    const registry = new Registry();
    await using bus = await openEventBus({ url: 'memory:', registry });
    const { ready } = bus.subscribe({
      group: 'g',
      handlers: onDone((_, __, { signal }) => new Promise((resolve) => signal.addEventListener('abort', resolve))),
    });
    await ready;
    await bus.publish(range(3).map((unit) => done('run', unit)));
    expect(await registry.metrics()).toContain('taxon_events_lag{group="g",topic="taxon.work.done.v1"} 3');
  });
});

describe('the configuration of events', () => {
  const options = (config: object) => busOptions(eventConfigSchema.parse(config), '/data');

  it('is a folder below the data folder where nothing is said', () => {
    expect(options({})).toEqual({
      url: undefined,
      folder: '/data/events',
      embedded: { partitions: 8, retention: { age: 7 * 86_400_000, bytes: 2 ** 30 } },
      kafka: { prefix: '', partitions: 8 },
    });
  });

  it('says how long a silent consumer is waited for, on both buses, and how many copies Kafka keeps', () => {
    const given = { TAXON_EVENTS_SESSION_SECONDS: '2.5', TAXON_EVENTS_REPLICATION_FACTOR: '3' };
    expect(busOptions(eventConfigFromEnvironment(given), '/data')).toMatchObject({
      embedded: { lease: 2_500 },
      kafka: { sessionTimeout: 2_500, replicationFactor: 3 },
    });
    for (const wrong of [{ sessionSeconds: 0 }, { replicationFactor: 0 }, { replicationFactor: 1.5 }])
      expect(() => options(wrong)).toThrow(Object.keys(wrong)[0]);
  });

  it('is a cluster with TLS and a password, from a file if need be', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'taxon-config-'));
    await writeFile(join(folder, 'password'), 'secret\n');
    const given = {
      ...{ url: 'kafka://a:9092', caFile: 'ca.pem', saslMechanism: 'scram-sha-512', saslUsername: 'u' },
      saslPasswordFile: join(folder, 'password'),
    };
    expect(options(given)).toMatchObject({
      url: 'kafka://a:9092',
      kafka: {
        tls: { ca: 'ca.pem' },
        sasl: { mechanism: 'scram-sha-512', username: 'u', password: 'secret' },
      },
    });
    expect(options({ tls: true })).toMatchObject({ kafka: { tls: true } });
    await rm(folder, { recursive: true });
    expect(() => options(given)).toThrow('events.saslPasswordFile');
    expect(() => options({ saslMechanism: 'plain' })).toThrow('events.saslUsername is missing');
  });
});
