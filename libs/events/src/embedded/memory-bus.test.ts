import { randomUUID } from 'node:crypto';
import { describeBusContract } from '../bus-contract.ts';
import { openMemoryBus } from './memory-bus.ts';

describeBusContract('the bus in memory', () => {
  const name = randomUUID();
  return Promise.resolve({
    connect: () => Promise.resolve(openMemoryBus(name, { lease: 600 })),
    // The name lives as long as a client does; a test that closes all of them expects what was there.
    ...{ keep: openMemoryBus(name) },
    async [Symbol.asyncDispose]() {
      await this.keep.close();
    },
  });
});
