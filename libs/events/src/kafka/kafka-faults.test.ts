import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  asked,
  askedTopic,
  done,
  doneTopic,
  onAsked,
  onDone,
  quick,
  range,
  readAll,
  until,
} from '../contract/setting.ts';
import { once, openEffects } from '../effects.ts';
import { createKafkaBus } from './kafka-bus.ts';
import type { KafkaOptions } from './kafka-options.ts';
import { startTestBroker, whyNoBroker, type TestBroker } from './test-broker.ts';
import { testPrefix } from './test-kafka.ts';

const missing = await whyNoBroker();

/** Whether it ends within its time; what it ends with is the test's. */
const within = async <T>(ms: number, promise: Promise<T>): Promise<T> => {
  const late = sleep(ms, undefined, { ref: false }).then(() => Promise.reject(new Error(`not done within ${ms} ms`)));
  return Promise.race([promise, late]);
};

describe.skipIf(missing !== undefined)('Kafka whose broker goes away (needs Java and Maven)', () => {
  let broker: TestBroker;
  let options: KafkaOptions;
  beforeEach(async () => {
    broker = await startTestBroker();
    options = { brokers: broker.brokers, prefix: testPrefix(), partitions: 4, sessionTimeout: 5_000 };
  });
  afterEach(() => broker[Symbol.asyncDispose]());

  it.each(['kill', 'stop'] as const)(
    'loses nothing and does nothing twice where its broker is restarted in the middle (%s)',
    async (end) => {
      await using bus = createKafkaBus(options);
      await using effects = await openEffects(':memory:', { scope: 'g' });
      const units = range(1_500).map(String);
      const order = new Map<string, number[]>();
      const handlers = {
        ...onAsked(async (unit, { id }) => {
          await once(effects, id, (store) => store.update(unit, (times) => String(Number(times ?? 0) + 1)));
        }),
        ...onDone(async (unit, { id, subject }) => {
          const { first } = await once(effects, id, () => undefined);
          if (first) order.set(subject, [...(order.get(subject) ?? []), Number(unit)]);
        }),
      };
      const errors: unknown[] = [];
      await bus.subscribe({ group: 'g', handlers, concurrency: 4, onError: (error) => errors.push(error) }).ready;

      const publishing = (async () => {
        for (let i = 0; i < units.length; i += 10) {
          const batch = units.slice(i, i + 10);
          await bus.publish([...batch.map(asked), ...batch.map((unit) => done(`run ${Number(unit) % 3}`, unit))]);
          await sleep(5);
        }
      })();
      await until(() => expect(Number(effects.get('200'))).toBe(1));
      await broker[end]();
      await sleep(500);
      await broker.start();
      await publishing;

      const times = () => Object.fromEntries(units.map((unit) => [unit, effects.get(unit)]));
      await until(() => expect(times()).toEqual(Object.fromEntries(units.map((unit) => [unit, '1']))));
      const ofRun = (run: number) => units.map(Number).filter((unit) => unit % 3 === run);
      await until(() =>
        expect(Object.fromEntries(order)).toEqual(
          Object.fromEntries(range(3).map((run) => [`run ${run}`, ofRun(run)])),
        ),
      );
      // The producer is idempotent: what it had to send again is there once.
      for (const topic of [askedTopic, doneTopic]) {
        const ids = (await readAll(bus, { topic })).map(({ headers }) => headers['ce_id']);
        expect([ids.length, new Set(ids).size]).toEqual([units.length, units.length]);
      }
      await until(async () => expect((await bus.lag('g')).map(({ events }) => events)).toEqual([0, 0]));
    },
  );

  it('waits for the broker, or until it is told otherwise', async () => {
    await using bus = createKafkaBus({ ...options, publishTimeout: 2_000 });
    const seen: string[] = [];
    await bus.subscribe({ group: 'g', handlers: onDone((unit) => seen.push(unit)), retry: quick }).ready;
    await bus.publish([done('run', 'before')]);
    await until(() => expect(seen).toEqual(['before']));
    await broker.kill();

    const stop = new AbortController();
    const stopped = bus.publish([done('run', 'stopped')], { signal: stop.signal });
    const late = bus.publish([done('run', 'late')]);
    stop.abort();
    await expect(within(1_000, stopped)).rejects.toMatchObject({ code: 'cancelled' });
    await expect(within(10_000, late)).rejects.toMatchObject({ code: 'unavailable' });
    await expect(late).rejects.toThrow(broker.brokers[0]);

    await broker.start();
    await bus.publish([done('run', 'after')]);
    // What was given up may have arrived nevertheless: that is what its error says.
    await until(() =>
      expect(seen.filter((unit) => unit !== 'late' && unit !== 'stopped')).toEqual(['before', 'after']),
    );
  });

  it('closes while the broker is away, and leaves nothing behind that runs', async () => {
    const bus = createKafkaBus(options);
    await bus.subscribe({ group: 'g', handlers: onDone(() => undefined) }).ready;
    await bus.publish([done('run', 1)]);
    const read: string[] = [];
    const following = (async () => {
      for await (const event of bus.read({ topic: doneTopic, follow: true })) read.push(event.key);
    })();
    await until(() => expect(read).toEqual(['run']));
    await broker.kill();
    const failing = expect(bus.publish([done('run', 2)])).rejects.toMatchObject({ code: 'cancelled' });
    await sleep(300);
    await within(3_000, bus.close());
    await failing;
    await following;
    const sockets = () => process.getActiveResourcesInfo().filter((name) => name.startsWith('TCP'));
    await until(() => expect(sockets()).toEqual([]), 5_000);
  });
});
