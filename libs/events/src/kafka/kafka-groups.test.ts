import { fork, type ChildProcess } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { asked, onAsked, range, until } from '../contract/setting.ts';
import { openEffects } from '../effects.ts';
import { createKafkaBus } from './kafka-bus.ts';
import type { KafkaOptions } from './kafka-options.ts';
import { startTestBroker, whyNoBroker, type TestBroker } from './test-broker.ts';
import type { TestConsumerRequest } from './test-consumer.ts';
import { testPrefix } from './test-kafka.ts';

const missing = await whyNoBroker();
const consumerScript = fileURLToPath(new URL('test-consumer.ts', import.meta.url));

describe.skipIf(missing !== undefined)('groups on Kafka (needs Java and Maven)', () => {
  let broker: TestBroker;
  beforeAll(async () => {
    broker = await startTestBroker();
  });
  afterAll(() => broker[Symbol.asyncDispose]());
  const newOptions = (over: Partial<KafkaOptions> = {}): KafkaOptions => ({
    ...{ brokers: broker.brokers, prefix: testPrefix(), partitions: 6, sessionTimeout: 1_000 },
    ...over,
  });

  it('keeps its partition through a handler that takes ten times as long as the session', async () => {
    const options = newOptions({ partitions: 2 });
    await using one = createKafkaBus(options);
    await using two = createKafkaBus(options);
    const began: [string, number][] = [];
    const ended: string[] = [];
    const aborted: string[] = [];
    const handlers = onAsked(async (unit, _, { attempt, signal }) => {
      began.push([unit, attempt]);
      signal.addEventListener('abort', () => aborted.push(unit));
      await sleep(10_000, undefined, { signal });
      ended.push(unit);
    });
    const subscriptions = [one, two].map((bus) => bus.subscribe({ group: 'g', handlers, concurrency: 2 }));
    await Promise.all(subscriptions.map(({ ready }) => ready));
    // Both partitions, whoever has them.
    await one.publish(range(8).map(asked));
    await until(() => expect(ended).toHaveLength(2));
    expect({ began: began.slice(0, 2), aborted }).toEqual({ began: ended.map((unit) => [unit, 1]), aborted: [] });
    // Acknowledged, and nothing was begun twice.
    await until(async () => expect(await one.lag('g')).toMatchObject([{ events: 6 }]));
    expect(new Set(began.map(([unit]) => unit)).size).toBe(began.length);
  });

  it('aborts the handlers of partitions that are taken away; their late end acknowledges nothing', async () => {
    const options = newOptions({ partitions: 2, sessionTimeout: 10_000 });
    await using one = createKafkaBus(options);
    await using two = createKafkaBus(options);
    const first = { began: [] as string[], aborted: [] as string[] };
    let letGo = (): void => undefined;
    const held = new Promise<void>((resolve) => (letGo = resolve));
    const stubborn = onAsked(async (unit, _, { signal }) => {
      first.began.push(unit);
      signal.addEventListener('abort', () => first.aborted.push(unit));
      await held;
    });
    one.subscribe({ group: 'g', handlers: stubborn, concurrency: 2 });
    await one.publish(range(10).map(asked));
    await until(() => expect(first.began).toHaveLength(2));

    const second: string[] = [];
    const waiting = onAsked(async (unit, _, { signal }) => {
      second.push(unit);
      await new Promise((_resolve, reject) =>
        signal.addEventListener('abort', () => reject(new Error('asked to stop'))),
      );
    });
    const subscription = two.subscribe({ group: 'g', handlers: waiting, concurrency: 2 });
    await subscription.ready;
    // One of the two partitions went over, with the event that the first consumer was at; the other one stayed.
    await until(() => expect(second).toHaveLength(1));
    expect(first.aborted).toEqual(second);
    letGo();
    // The partition that stayed goes on to its end, the other one does not move.
    const [moved] = second;
    await until(async () => {
      const [lag] = await one.lag('g');
      expect(lag!.events).toBe(10 - first.began.filter((unit) => unit !== moved).length);
      expect(first.began.length).toBeGreaterThan(2);
    });
    await sleep(500);
    await subscription.close();
    // Back at the first consumer, from the event on that it had been at.
    await until(() => expect(first.began.filter((unit) => unit === moved)).toHaveLength(2));
    await until(async () => expect(await one.lag('g')).toMatchObject([{ events: 0 }]));
    expect(new Set(first.began)).toEqual(new Set(range(10).map(String)));
  });

  it('loses nothing and does nothing twice where processes of a group are killed at random', async () => {
    const options = newOptions({ partitions: 6 });
    const folder = await mkdtemp(join(tmpdir(), 'taxon-effects-'));
    await using bus = createKafkaBus(options);
    const request: TestConsumerRequest = { kafka: options, group: 'g', folder };
    const told: { unit: string; first: boolean }[] = [];
    const start = (): ChildProcess => {
      const child = fork(consumerScript, [JSON.stringify(request)], {
        execArgv: ['--import', 'tsx'],
        stdio: ['ignore', 'inherit', 'pipe', 'ipc'],
      });
      child.on('message', (message) => message !== 'ready' && told.push(message as (typeof told)[0]));
      return child;
    };
    const children = range(3).map(start);
    const count = 900;
    try {
      const publishing = (async () => {
        for (let i = 0; i < count; i += 10) {
          await bus.publish(range(10).map((j) => asked(i + j)));
          await sleep(100);
        }
      })();
      await until(() => expect(told.length).toBeGreaterThan(20));
      const kills = (async () => {
        for (let round = 0; round < 6; round++) {
          const victim = Math.floor(Math.random() * 3);
          children[victim]!.kill('SIGKILL');
          await sleep(300 * Math.random());
          children[victim] = start();
          await sleep(1_200 * Math.random());
        }
      })();
      await Promise.all([publishing, kills]);
      await until(async () => expect(await bus.lag('g')).toMatchObject([{ events: 0 }]));
    } finally {
      for (const child of children) child.kill('SIGKILL');
    }
    await using effects = await openEffects(folder, { scope: 'g' });
    const times = range(count).map((unit) => effects.get(`times ${unit}`));
    expect(times).toEqual(range(count).map(() => '1'));
    expect(effects.get('handled')).toBe(String(count));
    await rm(folder, { recursive: true, force: true });
  });
});
