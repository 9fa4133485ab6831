import { servingAlias, shadowAlias } from '@taxon/app-inference/shared';
import type { Database } from '@taxon/events/database';
import { TaxonError } from '@taxon/errors';
import type { Registry } from '@taxon/registry';
import type { MonitorMetrics } from './metrics.ts';
import type { Outbox } from './outbox.ts';
import type { DecisionRecord, Records } from './records.ts';

export interface DecisionOptions {
  database: Database;
  records: Records;
  outbox: Outbox;
  registry: Registry;
  metrics: MonitorMetrics;
}

export interface Decisions {
  /**
   * Makes a decision true: in the registry first, then in the events. Done again after a crash it changes nothing more.
   * @returns false where another version serves than the one that it was decided against: it is void then
   */
  apply(decision: DecisionRecord): Promise<boolean>;
}

const by = 'monitor';

const eventOf = ({ model, version, serving, reason, comparisons, verdict }: DecisionRecord) => {
  const common = { model, version, reason, comparisons };
  if (verdict === 'promote')
    return { type: 'taxon.model.promoted' as const, data: { ...common, previousVersion: serving } };
  if (verdict === 'shadow') return { type: 'taxon.model.shadowed' as const, data: common };
  if (verdict === 'refuse') return { type: 'taxon.model.refused' as const, data: common };
  return { type: 'taxon.model.rolled_back' as const, data: { ...common, fromVersion: serving } };
};

export const createDecisions = ({ database, records, outbox, registry, metrics }: DecisionOptions): Decisions => {
  /** Sets what the registry's aliases are to say. @returns false where `serving` has been moved by somebody else */
  const move = async ({
    id,
    model,
    version,
    serving,
    verdict,
    reason,
    comparisons,
  }: DecisionRecord): Promise<boolean> => {
    const cause = { model, by, reason, details: { verdict, comparisons } };
    if (verdict === 'refuse') {
      await registry.note({ ...cause, version, eventId: id });
      return true;
    }
    if (verdict === 'shadow') {
      await registry.moveAlias({ ...cause, alias: shadowAlias, to: version, eventId: id });
      return true;
    }
    const expected = { version: serving === 0 ? undefined : serving };
    try {
      await registry.moveAlias({ ...cause, alias: servingAlias, to: version, expected, eventId: id });
    } catch (error) {
      if (TaxonError.from(error).code === 'failed_precondition') return false;
      throw error;
    }
    // The version before answers in the shadow: both can be compared text by text. One that was taken back does not.
    const shadow = verdict === 'promote' && serving !== 0 ? serving : undefined;
    await registry.moveAlias({ ...cause, alias: shadowAlias, to: shadow, eventId: `${id}/shadow` });
    return true;
  };

  return {
    apply: async (decision) => {
      const { id, model, version, serving, verdict } = decision;
      const moved = await move(decision);
      const told = eventOf(decision);
      await database.write(() => {
        records.putDecision({ ...decision, applied: true });
        if (!moved) return;
        outbox.put(told.type, id, told.data);
        const request = records.requestsIn('decided').find((one) => one.model === model && one.version === version);
        if (verdict === 'promote') {
          records.setServed(model, version, new Date(), serving === 0 ? undefined : serving);
          if (request !== undefined) records.setLearnt(request.id, true);
        }
        if (verdict === 'roll back') {
          records.setServed(model, version, new Date(), undefined);
          const taken = records.requestsIn('decided').find((one) => one.model === model && one.version === serving);
          if (taken !== undefined) records.setLearnt(taken.id, false);
        }
      });
      if (moved) metrics.decisions.inc({ model, verdict: verdict.replace(' ', '_') });
      return moved;
    },
  };
};
