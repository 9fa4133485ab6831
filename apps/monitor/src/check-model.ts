import { servingAlias } from '@taxon/app-inference/shared';
import { Trigger, type Reason } from '@taxon/contracts';
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
import { makeReference } from './compare-versions.ts';
import type { Config } from './config.ts';
import type { Decisions } from './decisions.ts';
import type { Gauges } from './metrics.ts';
import type { Observations } from './observations.ts';
import type { Outbox } from './outbox.ts';
import type { Records } from './records.ts';
import type { Requests } from './requests.ts';

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
  const { config, database, records, observations, outbox, requests, decisions, registry, gauges, signal } = options;

  /** Measured anew once so many more answers were seen; else what was measured last. */
  const driftOf = async (model: string, version: number): Promise<Drift | undefined> => {
    const known = records.version(model, version);
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

  const takeBack = async (model: string, version: number): Promise<boolean> => {
    const { servedSince, previous } = records.version(model, version);
    if (servedSince === undefined || previous === undefined) return false;
    const since = servedSince.getTime();
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
    const { aliases, versions } = await registry.describe(model);
    const version = aliases.get(servingAlias);
    if (version === undefined) {
      gauges.set(model, { newRows: observations.rows(model).unlearnt, judged: { n: 0, right: 0 }, drift: undefined });
      return;
    }
    await observations.judgeLate(model);
    if (await takeBack(model, version)) return;
    const drift = await driftOf(model, version);
    const request = records.newestRequest(model);
    const rows = observations.rows(model);
    const judged = observations.judged(model, version);
    gauges.set(model, { newRows: rows.unlearnt, judged, drift: drift?.figures });
    const reason = decideTrigger(
      {
        newRows: rows.fresh,
        ...(drift !== undefined && { drift }),
        accuracy: feedbackAccuracy(judged),
        since: versions.find((one) => one.version === version)!.createdAt,
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
