// A process of a group, for tests that kill it: handles `taxon.work.requested`, with effects in a folder that all share.
import { randomInt } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { once, openEffects } from '../effects.ts';
import { createKafkaBus } from './kafka-bus.ts';
import type { KafkaOptions } from './kafka-options.ts';

export interface TestConsumerRequest {
  kafka: KafkaOptions;
  group: string;
  /** Of the effects. */
  folder: string;
}

const { kafka, group, folder } = JSON.parse(process.argv[2] ?? '') as TestConsumerRequest;
const effects = await openEffects(folder, { scope: group });
const bus = createKafkaBus(kafka);
const { ready } = bus.subscribe({
  group,
  concurrency: 2,
  handlers: {
    'taxon.work.requested': async ({ id, data: { unit } }) => {
      await sleep(randomInt(10));
      const { first } = await once(effects, id, (store) => {
        store.update(`times ${unit}`, (times) => String(Number(times ?? 0) + 1));
        store.update('handled', (count) => String(Number(count ?? 0) + 1));
      });
      process.send?.({ unit, first });
      await sleep(randomInt(10));
    },
  },
  onError: (error) => process.stderr.write(`${String(error)}\n`),
});
await ready;
process.send?.('ready');
process.once('disconnect', () => process.exit());
