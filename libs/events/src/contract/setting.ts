import { setTimeout as sleep } from 'node:timers/promises';
import { createEvent } from '../create-event.ts';
import type { EventBus, Handler, Handlers, ReadOptions } from '../event-bus.ts';
import type { StoredEvent, TaxonEvent } from '../event.ts';

/** A bus of a test's own: nothing is in it yet. Kafka gives each its own prefix of topics. */
export interface ContractSetting extends AsyncDisposable {
  /** A client of it, as another process would open one. Tests close what they open. */
  connect(): Promise<EventBus>;
}

/** Tries again until `check` throws no more; what it threw last is the test's failure. */
export const until = async (check: () => void | Promise<void>, limit = 30_000): Promise<void> => {
  for (const start = performance.now(); ;) {
    try {
      return await check();
    } catch (error) {
      if (performance.now() - start > limit) throw error;
      await sleep(10);
    }
  }
};

/** A unit of work done; events of one run keep their order, `unit` tells them apart. */
export const done = (runId: string, unit: string | number): TaxonEvent<'taxon.work.done'> =>
  createEvent(
    'taxon.work.done',
    { runId, unit: String(unit), units: 0, result: Buffer.from(`{"of":"${unit}"}`), error: '' },
    { source: '/contract' },
  );
/** Every unit has a key of its own, and so they lie in all partitions. */
export const asked = (unit: string | number): TaxonEvent<'taxon.work.requested'> =>
  createEvent(
    'taxon.work.requested',
    { runId: 'run', unit: String(unit), units: 0, kind: 'predict', payload: Buffer.alloc(0) },
    { source: '/contract' },
  );
export const doneTopic = 'taxon.work.done.v1';
export const askedTopic = 'taxon.work.v1';

export const range = (n: number): number[] => Array.from({ length: n }, (_, i) => i);

/** Handlers that call `act` with the unit. */
export const onDone = (act: (unit: string, ...rest: Parameters<Handler<'taxon.work.done'>>) => unknown): Handlers => ({
  'taxon.work.done': async (event, delivery) => {
    await act(event.data.unit, event, delivery);
  },
});
export const onAsked = (
  act: (unit: string, ...rest: Parameters<Handler<'taxon.work.requested'>>) => unknown,
): Handlers => ({
  'taxon.work.requested': async (event, delivery) => {
    await act(event.data.unit, event, delivery);
  },
});

export const readAll = async (bus: EventBus, options: ReadOptions): Promise<StoredEvent[]> => {
  const events: StoredEvent[] = [];
  for await (const event of bus.read(options)) events.push(event);
  return events;
};

export const quick = { attempts: 3, firstDelay: 5, longestDelay: 20 } as const;
