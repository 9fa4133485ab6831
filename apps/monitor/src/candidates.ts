import { servingAlias, shadowAlias } from '@taxon/app-inference/shared';
import { TaxonError } from '@taxon/errors';
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

  const judgeBy = async (version: number, serving: number, model: string): Promise<GateDecision> => {
    const candidate = await registry.resolve(`${model}@${version}`);
    if (serving === 0) return { verdict: 'promote', reason: 'nothing else serves', comparisons: [] };
    const before = await registry.resolve(`${model}@${serving}`);
    const heldOut = observations.heldOut(model, config.heldOut);
    const how = { registry, threads: config.threads, signal };
    const { reference, ...evidence } = await compareVersions(before, candidate, heldOut, how);
    await database.write(() => records.setReference(model, version, reference));
    return decideGate(evidence, config);
  };

  const decide = async (model: string, version: number, id: string, request?: RequestRecord): Promise<void> => {
    const serving = (await registry.describe(model)).aliases.get(servingAlias) ?? 0;
    const ended = request && { ...request, state: 'decided' as const };
    if (serving === version) {
      // Somebody was quicker: there is nothing to decide.
      await database.write(() => {
        if (ended !== undefined) records.putRequest(ended);
        if (request !== undefined) records.setLearnt(request.id, true);
      });
      return;
    }
    const { verdict, reason, comparisons } = await judgeBy(version, serving, model);
    const record: DecisionRecord = {
      ...{ id, model, version, serving, verdict, reason, comparisons },
      ...{ heldOut: observations.rows(model).heldOut, at: new Date(), applied: false },
    };
    // Before the registry changes: after a crash the same is decided, not something else.
    await database.write(() => {
      records.putDecision(record);
      if (ended !== undefined) records.putRequest(ended);
    });
    log.info({ model, version, serving, verdict, reason }, 'candidate');
    await decisions.apply(record);
  };

  /** Why a candidate can never be compared. */
  const isFinal = (error: unknown): boolean =>
    ['not_found', 'failed_precondition', 'invalid_input'].includes(TaxonError.from(error).code);

  return {
    judge: async () => {
      for (const request of records.requestsIn('comparing')) {
        const { id, model, version } = request;
        // Void decisions are made anew, under ids of their own.
        const times = records.decisionsOf(model, version!);
        try {
          await decide(model, version!, `${id}/decided${times === 0 ? '' : `/${times}`}`, request);
        } catch (error) {
          signal.throwIfAborted();
          log.warn({ err: error, model, version }, 'a candidate cannot be compared');
          // What passes is tried again with the next look; once it is decided, that stands.
          if (!isFinal(error) || records.request(id)?.state !== 'comparing') continue;
          const problem = error instanceof Error ? error.message : String(error);
          await database.write(() => {
            records.putRequest({ ...request, state: 'failed', problem });
            records.giveRowsBack(id);
          });
        }
      }
    },
    reconsider: async (model) => {
      const version = (await registry.describe(model)).aliases.get(shadowAlias);
      const last = version === undefined ? undefined : records.newestDecision(model, version);
      // The version that served before is a shadow, too, and no candidate.
      if (version === undefined || last?.verdict !== 'shadow' || last.applied !== true) return;
      const { heldOut } = observations.rows(model);
      if (heldOut < config.leastFeedback || heldOut < growth * last.heldOut) return;
      await decide(model, version, `${model}/${version}/shadow/${heldOut}`);
    },
  };
};
