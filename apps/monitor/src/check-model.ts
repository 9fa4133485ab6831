import { Trigger, type Reason } from '@taxon/contracts';
import { TaxonError } from '@taxon/errors';
import type { Database } from '@taxon/events/database';
import {
  decideRollback,
  decideTrigger,
  feedbackAccuracy,
  measureDrift,
  type Drift,
  type TriggerName,
} from '@taxon/monitoring';
import type { Registry } from '@taxon/registry';
import type { Logger } from 'pino';
import { makeReference } from './compare-versions.ts';
import type { Config } from './config.ts';
import type { Decisions } from './decisions.ts';
import type { Gauges } from './metrics.ts';
import type { Observations } from './observations.ts';
import type { Outbox } from './outbox.ts';
import type { Records } from './records.ts';
import type { Requests } from './requests.ts';
import { servingOf, type Serving } from './serving.ts';

export interface CheckOptions {
  config: Config;
  database: Database;
  records: Records;
  observations: Observations;
  outbox: Outbox;
  requests: Requests;
  decisions: Decisions;
  registry: Registry;
  gauges: Gauges;
  log: Logger;
  signal: AbortSignal;
}

const triggers: Readonly<Record<TriggerName, Trigger>> = {
  accuracy: Trigger.TRIGGER_ACCURACY,
  drift: Trigger.TRIGGER_DRIFT,
  newRows: Trigger.TRIGGER_NEW_ROWS,
  schedule: Trigger.TRIGGER_SCHEDULE,
};

/** Looks at what serves: measures drift, takes back what does worse, asks for a training where there is reason to. */
export const createCheck = (options: CheckOptions) => {
  const { config, database, records, observations, outbox, requests, decisions, registry, gauges, log, signal } =
    options;

  /** Versions without validation texts: nothing can be held against them, which is told once. */
  const withoutReference = new Set<string>();
  /** Accuracy, rows and schedule are reason enough without drift. */
  const driftProblem =
    (model: string, version: number) =>
    (error: unknown): undefined => {
      signal.throwIfAborted();
      if (TaxonError.from(error).code !== 'failed_precondition') throw error;
      withoutReference.add(`${model}@${version}`);
      log.warn({ err: error, model, version }, 'drift cannot be measured');
    };

  /** Measured anew once so many more answers were seen; else what was measured last. */
  const driftOf = async (model: string, version: number): Promise<Drift | undefined> => {
    const known = records.version(model, version);
    if (withoutReference.has(`${model}@${version}`)) return undefined;
    const seen = observations.predictions(model, version);
    if (seen < known.measured + config.driftEvery) return known.drift;
    let { reference } = known;
    if (reference === undefined) {
      const made = await makeReference(await registry.resolve(`${model}@${version}`), { registry, threads: config.threads, signal }); // prettier-ignore
      await database.write(() => records.setReference(model, version, made));
      reference = made;
    }
    const drift = measureDrift(reference, observations.window(model, version));
    await database.write(() => {
      records.setDrift(model, version, drift, seen);
      const { n, figures, limits, beyond } = drift;
      outbox.put('taxon.drift.measured', `${model}/${version}/${seen}`, { model, version, n, figures, limits, beyond });
    });
    return drift;
  };

  const takeBack = async (model: string, { version, since: served, previous }: Serving): Promise<boolean> => {
    if (previous === undefined) return false;
    const since = served.getTime();
    const paired = observations.paired(model, version, previous, since);
    const all = observations.judged(model, version, since);
    const before = observations.judged(model, previous);
    // What is paired is not counted twice.
    const { n, both, onlyOne: onlyPromoted, onlyOther: onlyPrevious } = paired;
    const evidence = {
      ...(n > 0 && { paired: { n, onlyPromoted, onlyPrevious } }),
      promoted: { n: all.n - n, right: all.right - both - onlyPromoted },
      previous: before,
    };
    const { rollBack, reason } = decideRollback(evidence, { leastN: config.rollBackAfter });
    if (!rollBack) return false;
    const id = `${model}/${version}/${since}/rolled-back`;
    const record = {
      id,
      model,
      version: previous,
      serving: version,
      verdict: 'roll back' as const,
      reason,
      comparisons: [],
    };
    const decision = { ...record, heldOut: 0, at: new Date(), applied: false };
    await database.write(() => records.putDecision(decision));
    return decisions.apply(decision);
  };

  return async (model: string): Promise<void> => {
    const serving = await servingOf(registry, model);
    if (serving === undefined) {
      gauges.set(model, { newRows: observations.rows(model).unlearnt, judged: { n: 0, right: 0 }, drift: undefined });
      return;
    }
    const { version } = serving;
    await observations.judgeLate(model);
    if (await takeBack(model, serving)) return;
    const drift = await driftOf(model, version).catch(driftProblem(model, version));
    await requests.giveUp(model);
    const request = records.newestRequest(model);
    const rows = observations.rows(model);
    const judged = observations.judged(model, version);
    gauges.set(model, { newRows: rows.unlearnt, judged, drift: drift?.figures });
    const reason = decideTrigger(
      {
        newRows: rows.fresh,
        ...(drift !== undefined && { drift }),
        accuracy: feedbackAccuracy(judged),
        since: serving.since,
        ...(request !== undefined && {
          lastRequest: { at: request.at, ended: request.state === 'decided' || request.state === 'failed' },
        }),
      },
      config,
      new Date(),
    );
    if (reason === undefined) return;
    const { text, figures, limits } = reason;
    const told: Reason = { trigger: triggers[reason.trigger], text, figures, limits };
    await requests.ask(model, told);
  };
};
