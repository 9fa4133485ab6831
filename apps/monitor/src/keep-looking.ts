import { setTimeout } from 'node:timers/promises';
import type { Database } from '@taxon/events/database';
import type { Registry } from '@taxon/registry';
import type { Logger } from 'pino';
import type { Candidates } from './candidates.ts';
import type { Config } from './config.ts';
import type { Decisions } from './decisions.ts';
import type { Gauges, MonitorMetrics } from './metrics.ts';
import type { Observations } from './observations.ts';
import type { Outbox } from './outbox.ts';
import type { Records } from './records.ts';

export interface LookingOptions {
  config: Pick<Config, 'checkSeconds' | 'keepDays'>;
  database: Database;
  observations: Observations;
  registry: Registry;
  records: Records;
  outbox: Outbox;
  candidates: Candidates;
  decisions: Decisions;
  check: (model: string) => Promise<void>;
  metrics: MonitorMetrics;
  gauges: Gauges;
  log: Logger;
  signal: AbortSignal;
}

/** Between two times that old records are forgotten, in ms. */
const pruneEvery = 3_600_000;

/** Looks at every model from time to time, and at once when it is woken, one look after the other, until the signal aborts. */
export const keepLooking = (options: LookingOptions): { wake: () => void; idle: () => Promise<void> } => {
  const {
    config,
    database,
    observations,
    registry,
    records,
    outbox,
    candidates,
    decisions,
    check,
    metrics,
    gauges,
    log,
    signal,
  } = options;
  let woken = false;
  const wasWoken = (): boolean => woken;
  let nap = new AbortController();
  const wake = (): void => {
    woken = true;
    nap.abort();
  };

  /** What goes wrong with one thing keeps nothing else from being looked at. */
  const stopped = (): boolean => signal.aborted;
  const attempt = async (what: string, act: () => Promise<unknown>): Promise<void> => {
    if (stopped()) return;
    try {
      await act();
      metrics.checks.inc({ outcome: 'done' });
    } catch (error) {
      if (stopped()) return;
      metrics.checks.inc({ outcome: 'failed' });
      log.warn({ err: error }, what);
    }
  };

  let pruned = 0;
  const prune = async (): Promise<void> => {
    if (Date.now() - pruned < pruneEvery) return;
    const before = new Date(Date.now() - 1000 * 86_400 * config.keepDays);
    await database.write(() => {
      observations.prune(before);
      records.prune(before);
    });
    pruned = Date.now();
  };

  const look = async (): Promise<void> => {
    for (const decision of records.unapplied())
      await attempt(`decision about ${decision.model}`, () => decisions.apply(decision));
    await attempt('candidates', () => candidates.judge());
    const models = await registry.models().catch((error: unknown) => {
      log.warn({ err: error }, 'the registry cannot be read');
      return undefined;
    });
    if (models !== undefined) gauges.keep(models);
    for (const model of models ?? []) {
      await attempt(`model ${model}`, () => check(model));
      await attempt(`shadow of ${model}`, () => candidates.reconsider(model));
    }
    await attempt('events', () => outbox.flush(signal));
    await attempt('old records', prune);
  };

  const run = async (): Promise<void> => {
    while (!stopped()) {
      woken = false;
      await look();
      if (wasWoken()) continue;
      nap = new AbortController();
      const over = AbortSignal.any([signal, nap.signal]);
      await setTimeout(1000 * config.checkSeconds, undefined, { signal: over }).catch(() => undefined);
    }
  };
  const running = run();
  return { wake, idle: () => running };
};
