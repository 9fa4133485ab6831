import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openEventBus, type EventBus } from '@taxon/events';
import type { Database } from '@taxon/events/database';
import { openFileStorage, openRegistry, type Registry, type Storage } from '@taxon/registry';
import { Registry as MetricsRegistry } from 'prom-client';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createDecisions } from './decisions.ts';
import { createMetrics } from './metrics.ts';
import { createOutbox } from './outbox.ts';
import { createRecords, type DecisionRecord } from './records.ts';
import { openMonitorDatabase } from './schema.ts';

let folder: string;
let bus: EventBus;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'taxon-decisions-'));
  bus = await openEventBus({ folder: join(folder, 'events') });
  const registry = open();
  for (const version of [1, 2]) {
    const path = join(folder, `model-${version}`);
    await mkdir(path);
    await writeFile(join(path, 'weights'), String(version));
    await registry.register({ model: 'm', folder: path, lineage: { how: 'trained' } });
  }
  await registry.moveAlias({ model: 'm', alias: 'serving', to: 1, by: 'a test' });
});
afterEach(async () => {
  await bus.close();
  await rm(folder, { recursive: true });
});

const open = (storage: Storage = openFileStorage(join(folder, 'registry'))): Registry =>
  openRegistry({ storage, checkouts: join(folder, 'checkouts') });

class Killed extends Error {}

/** Steps until the process dies; what it had begun then is either done or not. */
const mortal = (steps: number, after: boolean) => {
  let left = steps;
  const step = async <T>(act: () => Promise<T>): Promise<T> => {
    if (left < 0) throw new Killed();
    left--;
    if (left < 0 && !after) throw new Killed();
    const result = await act();
    if (left < 0) throw new Killed();
    return result;
  };
  const files = openFileStorage(join(folder, 'registry'));
  const storage: Storage = { ...files, write: (...given) => step(() => files.write(...given)) };
  return { registry: open(storage), step, died: () => left < 0 };
};

/** One life of a monitor: applies what is decided and tells it. @returns whether it lived to the end */
const live = async (steps: number, after: boolean): Promise<boolean> => {
  const { registry, step, died } = mortal(steps, after);
  const database = await openMonitorDatabase(join(folder, 'monitor'));
  try {
    const dying: Database = { ...database, write: (change) => step(() => database.write(change)) };
    const publishing: EventBus = { ...bus, publish: (...given) => step(() => bus.publish(...given)) };
    const records = createRecords(dying);
    const outbox = createOutbox(dying, publishing, '/monitor');
    const decisions = createDecisions({
      metrics: createMetrics(new MetricsRegistry()),
      database: dying,
      records,
      outbox,
      registry,
    });
    for (const decision of records.unapplied()) await decisions.apply(decision);
    await outbox.flush(new AbortController().signal);
  } catch (error) {
    if (!(error instanceof Killed)) throw error;
  } finally {
    database[Symbol.dispose]();
  }
  return !died();
};

const decide = async (verdict: DecisionRecord['verdict']): Promise<void> => {
  const database = await openMonitorDatabase(join(folder, 'monitor'));
  const records = createRecords(database);
  const decision = { id: 'd', model: 'm', version: 2, serving: 1, verdict, reason: 'a test', comparisons: [] };
  await database.write(() => records.putDecision({ ...decision, heldOut: 0, at: new Date(), applied: false }));
  database[Symbol.dispose]();
};

const idsTold = async (): Promise<Set<string>> => {
  const ids = new Set<string>();
  for await (const { headers } of bus.read({ topic: 'taxon.model.v1' })) ids.add(headers['ce_id']!);
  return ids;
};

describe('a decision', () => {
  it.each(['promote', 'shadow', 'refuse', 'roll back'] as const)(
    'to %s is made once, though its process is killed at every step',
    async (verdict) => {
      await decide(verdict);
      // Dies one step later with every life, before the step is done and after.
      for (let steps = 0; !(await live(steps, false)) || !(await live(steps, true)); steps++)
        expect(steps).toBeLessThan(50);
      const { aliases } = await open().describe('m');
      expect(Object.fromEntries(aliases)).toEqual(
        {
          promote: { serving: 2, shadow: 1 },
          shadow: { serving: 1, shadow: 2 },
          refuse: { serving: 1 },
          'roll back': { serving: 2 },
        }[verdict],
      );
      const history = await open().history('m');
      expect(history.filter(({ by }) => by === 'monitor')).toHaveLength(
        { promote: 2, shadow: 1, refuse: 1, 'roll back': 2 }[verdict],
      );
      // Told at least once, under one id.
      expect(await idsTold()).toEqual(new Set(['d']));
    },
  );

  it('against a version that no longer serves changes nothing and is told nobody', async () => {
    await decide('promote');
    await open().moveAlias({ model: 'm', alias: 'serving', to: 2, by: 'somebody' });
    await open().moveAlias({ model: 'm', alias: 'serving', to: undefined, by: 'somebody' });
    expect(await live(100, false)).toBe(true);
    expect((await open().describe('m')).aliases.size).toBe(0);
    expect(await idsTold()).toEqual(new Set());
  });
});
