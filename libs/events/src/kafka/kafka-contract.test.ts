import { afterAll, beforeAll, describe } from 'vitest';
import { describeBusContract } from '../bus-contract.ts';
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
});
