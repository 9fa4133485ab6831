import { randomUUID } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Trigger, type Reason } from '@taxon/contracts';
import type { TaxonEvent } from '@taxon/events';
import type { Database } from '@taxon/events/database';
import type { Registry } from '@taxon/registry';
import type { MonitorMetrics } from './metrics.ts';
import type { Outbox } from './outbox.ts';
import type { Records } from './records.ts';

export interface RequestOptions {
  database: Database;
  records: Records;
  outbox: Outbox;
  registry: Registry;
  metrics: MonitorMetrics;
}

export interface Requests {
  /** Asks for a training with all rows that the serving version has not learnt. @returns the request's id */
  ask(model: string, reason: Reason, parentVersion?: number): Promise<string>;
  /** An open request that no trainer has answered for two days has failed. */
  giveUp(model: string): Promise<void>;
  readonly onCompleted: (event: TaxonEvent<'taxon.training.completed'>) => Promise<void>;
  readonly onFailed: (event: TaxonEvent<'taxon.training.failed'>) => Promise<void>;
}

/** As long as triggers wait for an open request, in ms. */
const patience = 48 * 3_600_000;

const noReason: Reason = {
  trigger: Trigger.TRIGGER_UNSPECIFIED,
  text: 'asked for by somebody else',
  figures: {},
  limits: {},
};

/** `TRIGGER_NEW_ROWS` → `new_rows`: a closed set. */
const wordOf = (trigger: Trigger): string => trigger.replace('TRIGGER_', '').toLowerCase();

export const createRequests = ({ database, records, outbox, registry, metrics }: RequestOptions): Requests => {
  /** Keeps rows where every trainer can read them. */
  const putRows = async (rows: readonly { text: string; pair: string | null; labels: string }[]): Promise<string[]> => {
    if (rows.length === 0) return [];
    const folder = await mkdtemp(join(tmpdir(), 'taxon-rows-'));
    try {
      const path = join(folder, 'rows.jsonl');
      const lines = rows.map(({ text, pair, labels }) =>
        JSON.stringify({ text, ...(pair !== null && { pair }), labels: JSON.parse(labels) as object }),
      );
      await writeFile(path, lines.map((line) => `${line}\n`).join(''));
      return [await registry.putFile(path)];
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  };

  return {
    ask: async (model, reason, parentVersion = 0) => {
      const id = randomUUID();
      const rows = await database.write(() => records.takeRows(model, id));
      try {
        const digests = await putRows(rows);
        await database.write(() => {
          records.putRequest({
            ...{ id, model, at: new Date(), reason, state: 'open' },
            version: undefined,
            problem: undefined,
          });
          outbox.put('taxon.training.requested', id, {
            model,
            reason,
            parentVersion,
            recipe: undefined,
            rows: digests,
          });
        });
      } catch (error) {
        await database.write(() => records.giveRowsBack(id));
        throw error;
      }
      metrics.requests.inc({ model, trigger: wordOf(reason.trigger) });
      return id;
    },
    giveUp: async (model) => {
      const open = records.requestsIn('open').filter((one) => one.model === model);
      const late = open.filter(({ at }) => Math.abs(Date.now() - at.getTime()) > patience);
      if (late.length === 0) return;
      await database.write(() => {
        for (const request of late) {
          records.putRequest({ ...request, state: 'failed', problem: 'no trainer told its end within 48 hours' });
          records.giveRowsBack(request.id);
        }
      });
    },
    onCompleted: ({ data: { requestId, model, version }, time }) =>
      database.write(() => {
        const known = records.request(requestId);
        // Told before.
        // One that was given up as it took too long is welcome all the same.
        if (known !== undefined && known.state !== 'open' && known.version !== undefined) return;
        const request = known ?? { ...{ id: requestId, model, at: time, reason: noReason }, problem: undefined };
        records.putRequest({ ...request, state: 'comparing', version });
      }),
    onFailed: ({ data: { requestId, message } }) =>
      database.write(() => {
        const known = records.request(requestId);
        if (known?.state !== 'open') return;
        records.putRequest({ ...known, state: 'failed', problem: message });
        records.giveRowsBack(requestId);
      }),
  };
};
