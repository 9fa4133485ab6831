import { randomBytes } from 'node:crypto';
import { startTestBroker, whyNoBroker, type TestBroker } from './test-broker.ts';

const given = process.env['KAFKA_BROKERS']?.split(',').map((broker) => broker.trim());

/** Why tests have no Kafka here: neither KAFKA_BROKERS nor what a broker needs. */
export const whyNoKafka = async (): Promise<string | undefined> => (given === undefined ? whyNoBroker() : undefined);

/** For the names of tests that are skipped without it. */
export const kafkaNeeds = 'needs Java and Maven, or KAFKA_BROKERS';

/** The cluster that KAFKA_BROKERS names, else a broker of the test's own. */
export const openTestKafka = async (): Promise<Pick<TestBroker, 'brokers' | typeof Symbol.asyncDispose>> =>
  given === undefined ? startTestBroker() : { brokers: given, [Symbol.asyncDispose]: () => Promise.resolve() };

/** Of topics and groups of one test. */
export const testPrefix = (): string => `test-${randomBytes(6).toString('hex')}.`;
