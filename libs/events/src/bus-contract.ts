import { afterEach, beforeEach, describe } from 'vitest';
import { deliveryTests } from './contract/delivery.ts';
import { failureTests } from './contract/failure.ts';
import { readingTests } from './contract/reading.ts';
import type { ContractSetting } from './contract/setting.ts';

/**
 * What every bus must do, whatever carries it.
 * @param open makes a bus of a test's own, with nothing in it and more than one partition a topic
 */
export const describeBusContract = (name: string, open: () => Promise<ContractSetting>): void => {
  describe(name, () => {
    let setting: ContractSetting;
    beforeEach(async () => {
      setting = await open();
    });
    afterEach(() => setting[Symbol.asyncDispose]());
    deliveryTests(() => setting);
    failureTests(() => setting);
    readingTests(() => setting);
  });
};
