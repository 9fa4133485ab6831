import { servingAlias } from '@taxon/app-inference/shared';
import type { Database } from '@taxon/events/database';
import { decideGate, type GateDecision } from '@taxon/monitoring';
import type { Registry } from '@taxon/registry';
import type { Logger } from 'pino';
import { compareVersions } from './compare-versions.ts';
import type { Config } from './config.ts';
import type { Decisions } from './decisions.ts';
import type { Observations } from './observations.ts';
import type { DecisionRecord, Records, RequestRecord } from './records.ts';

export interface CandidateOptions {
  config: Config;
  database: Database;
  records: Records;
  observations: Observations;
  registry: Registry;
  decisions: Decisions;
  log: Logger;
  signal: AbortSignal;
}

/** A shadow is looked at again when there are half as many texts more to compare it on. */
const growth = 1.5;

export interface Candidates {
  /** Compares what requests have led to with what serves, and acts on it. */
  judge(): Promise<void>;
  /** Looks again at a candidate in the shadow, once more is known. */
  reconsider(model: string): Promise<void>;
}

export const createCandidates = (options: CandidateOptions): Candidates => {
  const { config, database, records, observations, registry, decisions, log, signal } = options;

  const decide = async (model: string, version: number, id: string, request?: RequestRecord): Promise<void> => {
    const state = await registry.describe(model);
    const candidate = await registry.resolve(`${model}@${version}`);
    const serving = state.aliases.get(servingAlias);
    const heldOut = observations.heldOut(model, config.heldOut);
    let decision: GateDecision;
    if (serving === undefined || serving === version)
      decision = { verdict: 'promote', reason: 'nothing else serves', comparisons: [] };
    else {
      const before = await registry.resolve(`${model}@${serving}`);
      const { reference, ...evidence } = await compareVersions(before, candidate, heldOut, { registry, threads: config.threads, signal }); // prettier-ignore
      await database.write(() => records.setReference(model, version, reference));
      decision = decideGate(evidence, config);
    }
    const { verdict, reason, comparisons } = decision;
    const record: DecisionRecord = {
      ...{ id, model, version, serving: serving ?? 0, verdict, reason, comparisons },
      ...{ heldOut: heldOut.length, at: new Date(), applied: false },
    };
    // Before the registry changes: after a crash the same is decided, not something else.
    await database.write(() => {
      records.putDecision(record);
      if (request !== undefined) records.putRequest({ ...request, state: 'decided' });
    });
    log.info({ model, version, serving, verdict, reason }, 'candidate');
    // Somebody moved `serving` meanwhile: compared with what serves now.
    if (!(await decisions.apply(record))) await decide(model, version, `${id}/again`);
  };

  return {
    judge: async () => {
      for (const request of records.requestsIn('comparing')) {
        const { id, model, version } = request;
        try {
          await decide(model, version!, `${id}/decided`, request);
        } catch (error) {
          signal.throwIfAborted();
          // It is tried again with the next look; a version that is gone never answers.
          log.warn({ err: error, model, version }, 'a candidate cannot be compared');
          const problem = error instanceof Error ? error.message : String(error);
          await database.write(() => {
            records.putRequest({ ...request, state: 'failed', problem });
            records.giveRowsBack(id);
          });
        }
      }
    },
    reconsider: async (model) => {
      const last = records.newestDecision(model);
      if (last?.verdict !== 'shadow' || !last.applied) return;
      const { heldOut } = observations.rows(model);
      if (heldOut < config.leastFeedback || heldOut < growth * last.heldOut) return;
      await decide(model, last.version, `${last.id}/${heldOut}`);
    },
  };
};
