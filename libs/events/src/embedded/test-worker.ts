// A process of a group, or one that publishes, for tests that kill it.
import { setTimeout as sleep } from 'node:timers/promises';
import { createEvent } from '../create-event.ts';
import { once, openEffects } from '../effects.ts';
import { openEmbeddedBus } from './embedded-bus.ts';
import type { Step, TestWorkerRequest } from './test-steps.ts';

const request = JSON.parse(process.argv[2] ?? '') as TestWorkerRequest;
const { folder, lease } = request;
process.once('disconnect', () => process.exit());
const tell = (message: unknown): void => void process.send?.(message);
const bus = await openEmbeddedBus(folder, {
  lease,
  observe: (_, { outcome }) => {
    if (outcome === 'handled') dieAt('not acknowledged');
  },
});
let handled = 0;
const dieAt = (step: Step): void => {
  if (request.act !== 'consume' || request.die?.step !== step || request.die.at > handled) return;
  process.kill(process.pid, 'SIGKILL');
  // The signal is on its way; nothing more is done.
  for (;;);
};

const consume = async (handlerMs: number): Promise<void> => {
  const effects = await openEffects(folder, { scope: 'g' });
  const { ready } = bus.subscribe({
    group: 'g',
    concurrency: 2,
    retry: { attempts: 1_000, firstDelay: 1 },
    handlers: {
      'taxon.work.requested': async ({ id, data: { unit } }) => {
        handled++;
        tell({ began: unit });
        dieAt('delivered');
        await sleep(handlerMs);
        const { first } = await once(effects, id, async (store) => {
          await sleep(1);
          dieAt('in effect');
          store.update(unit, (times) => {
            dieAt('in transaction');
            return String(Number(times ?? 0) + 1);
          });
        });
        dieAt('recorded');
        const data = { runId: 'run', unit, units: 0, result: Buffer.alloc(0), error: '' };
        await bus.publish([createEvent('taxon.work.done', data, { source: '/worker', id: `done ${id}` })]);
        dieAt('followed up');
        tell({ ended: unit, first });
      },
    },
    onError: (error) => process.stderr.write(`${String(error)}\n`),
  });
  await ready;
  tell('ready');
};

const publish = async (from: number, batch: number): Promise<void> => {
  tell('ready');
  for (let i = from; ; i++) {
    const data = { runId: `batch ${i}`, units: 0, kind: 'predict', payload: Buffer.alloc(3_000, i) };
    const events = Array.from({ length: batch }, (_, unit) =>
      createEvent('taxon.work.requested', { ...data, unit: String(unit) }, { source: '/publisher' }),
    );
    await bus.publish(events);
    tell({ published: i });
  }
};

/** Every delivery is its end. */
const die = (): void => {
  bus.subscribe({
    group: 'g',
    handlers: {
      'taxon.work.done': (_, { attempt }) =>
        new Promise(() => process.send?.({ attempt }, () => process.kill(process.pid, 'SIGKILL'))),
    },
  });
};

const dieOf = async (deadly: string, attempts: number): Promise<void> => {
  const effects = await openEffects(folder, { scope: 'g' });
  bus.subscribe({
    group: 'g',
    retry: { attempts },
    handlers: {
      'taxon.work.done': async ({ id, data: { unit } }) => {
        tell({ began: unit });
        // Told, then dead: a message that is on its way is lost with its process.
        if (unit === deadly)
          await new Promise(() => process.send?.({ died: unit }, () => process.kill(process.pid, 'SIGKILL')));
        const { first } = await once(effects, id, (store) =>
          store.update(unit, (times) => String(Number(times ?? 0) + 1)),
        );
        tell({ ended: unit, first });
      },
    },
  });
};

if (request.act === 'consume') await consume(request.handlerMs ?? 0);
else if (request.act === 'publish') await publish(request.from, request.batch);
else if (request.act === 'die of') await dieOf(request.unit, request.attempts);
else die();
