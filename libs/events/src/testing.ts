export { describeBusContract } from './bus-contract.ts';
export { until, type ContractSetting } from './contract/setting.ts';
