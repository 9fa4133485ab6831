export { describeBusContract } from './bus-contract.ts';
export { until, type ContractSetting } from './contract/setting.ts';
export { startTestBroker, whyNoBroker, type TestBroker, type TestBrokerOptions } from './kafka/test-broker.ts';
export { kafkaNeeds, openTestKafka, testPrefix, whyNoKafka } from './kafka/test-kafka.ts';
