import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { describeBusContract } from '../bus-contract.ts';
import { asked, done, doneTopic, onAsked, onDone, range, readAll, until } from '../contract/setting.ts';
import { createKafkaBus } from './kafka-bus.ts';
import { kafkaNeeds, openTestKafka, testPrefix, whyNoKafka } from './test-kafka.ts';

const missing = await whyNoKafka();

describe.skipIf(missing !== undefined)(`Kafka (${kafkaNeeds})`, () => {
  let kafka: Awaited<ReturnType<typeof openTestKafka>>;
  beforeAll(async () => {
    kafka = await openTestKafka();
  });
  afterAll(() => kafka[Symbol.asyncDispose]());

  describeBusContract('is a bus', () => {
    const prefix = testPrefix();
    const connect = () =>
      Promise.resolve(createKafkaBus({ brokers: kafka.brokers, prefix, partitions: 4, replicationFactor: 1 }));
    return Promise.resolve({ connect, [Symbol.asyncDispose]: () => Promise.resolve() });
  });

  it('fails the call whose events a topic does not take, not those that were sent with it', async () => {
    const topicConfig = { 'max.message.bytes': '20000' };
    const options = { brokers: kafka.brokers, prefix: testPrefix(), partitions: 1, replicationFactor: 1, topicConfig };
    await using bus = createKafkaBus(options);
    await bus.publish([done('run', 'first')]);
    const large = done('run', 'large');
    const calls = [
      done('run', 'a'),
      { ...large, data: { ...large.data, result: Buffer.alloc(30_000) } },
      done('run', 'b'),
    ];
    const ended = await Promise.allSettled(calls.map((event) => bus.publish([event])));
    expect(ended.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect((ended[1] as PromiseRejectedResult).reason).toMatchObject({ code: 'invalid_input' });
    const ids = (await readAll(bus, { topic: doneTopic })).map(({ headers }) => headers['ce_id']).slice(1);
    expect(ids.toSorted()).toEqual([calls[0]!.id, calls[2]!.id].toSorted());
  });

  it('keeps one handler for each topic where members of a group read different ones', async () => {
    const options = { brokers: kafka.brokers, prefix: testPrefix(), partitions: 3, replicationFactor: 1 };
    await using one = createKafkaBus(options);
    await using two = createKafkaBus(options);
    const seen = { asked: [] as string[], done: [] as string[] };
    const subscriptions = [
      one.subscribe({ group: 'g', handlers: onAsked((unit) => seen.asked.push(unit)) }),
      two.subscribe({ group: 'g', handlers: onDone((unit) => seen.done.push(unit)) }),
    ];
    await Promise.all(subscriptions.map(({ ready }) => ready));
    await one.publish(range(20).flatMap((unit) => [asked(unit), done(`run ${unit}`, unit)]));
    const all = range(20).map(String).toSorted();
    await until(() => expect([seen.asked.toSorted(), seen.done.toSorted()]).toEqual([all, all]));
  });
});

it('a bus on Kafka says which option is wrong', () => {
  const brokers = ['127.0.0.1:1'];
  const wrong = [
    [{ brokers: [] }, 'events.url'],
    [{ brokers: ['localhost'] }, "events.url has 'localhost', which is not host:port"],
    [{ brokers, partitions: 0 }, 'events.partitions is 0'],
    [{ brokers, prefix: 'a b' }, "events.prefix is 'a b'"],
    [{ brokers, sessionTimeout: 1 }, 'sessionTimeout is 1'],
    [{ brokers, sasl: { mechanism: 'md5' as 'plain', username: 'a', password: 'b' } }, "events.saslMechanism is 'md5'"],
    [{ brokers, sasl: { mechanism: 'plain' as const, username: 'a', password: '' } }, 'events.saslPassword is empty'],
  ] as const;
  for (const [options, message] of wrong) expect(() => createKafkaBus(options)).toThrow(message);
});
