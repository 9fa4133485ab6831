import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describeBusContract } from '../bus-contract.ts';
import { openEmbeddedBus } from './embedded-bus.ts';

describeBusContract('the embedded bus', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'taxon-events-'));
  return {
    connect: () => openEmbeddedBus(folder, { lease: 600 }),
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true }),
  };
});
