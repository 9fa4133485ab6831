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
   * @returns false where another version serves than the one that it was decided against: it is void then, and a request that had led
   * to it is compared anew
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

/** What cannot be, whenever it is tried: a version that is gone. */
const isFinal = (error: unknown): boolean => ['not_found', 'invalid_input'].includes(TaxonError.from(error).code);

export const createDecisions = ({ database, records, outbox, registry, metrics }: DecisionOptions): Decisions => {
  const aliasOf = async (model: string, alias: string): Promise<number | undefined> =>
    (await registry.describe(model)).aliases.get(alias);

  /** Sets what the registry's aliases are to say. @returns false where `serving` is somebody else's by now */
  const move = async (decision: DecisionRecord): Promise<boolean> => {
    const { id, model, version, serving, verdict, reason, comparisons } = decision;
    const cause = { model, by, reason, details: { verdict, comparisons } };
    if (verdict === 'refuse') {
      await registry.note({ ...cause, version, eventId: id });
      // It was a shadow, and is none any more.
      if ((await aliasOf(model, shadowAlias)) === version)
        await registry.moveAlias({ ...cause, alias: shadowAlias, to: undefined, eventId: `${id}/shadow` });
      return true;
    }
    if (verdict === 'shadow') {
      if ((await aliasOf(model, servingAlias)) !== serving) return false;
      await registry.moveAlias({ ...cause, alias: shadowAlias, to: version, eventId: id });
      return true;
    }
    const expected = { version: serving === 0 ? undefined : serving };
    try {
      await registry.moveAlias({ ...cause, alias: servingAlias, to: version, expected, eventId: id });
    } catch (error) {
      // Whatever it was: what counts is where the alias points.
      if ((await aliasOf(model, servingAlias)) === serving) throw error;
    }
    // Moved by us, and not moved on by somebody since: a crash may lie between.
    if ((await aliasOf(model, servingAlias)) !== version) return false;
    // The version before answers in the shadow: both can be compared text by text. One that was taken back does not.
    const shadow = verdict === 'promote' && serving !== 0 ? serving : undefined;
    await registry.moveAlias({ ...cause, alias: shadowAlias, to: shadow, eventId: `${id}/shadow` });
    return true;
  };

  const requestOf = (model: string, version: number) =>
    records.requestsIn('decided').find((one) => one.model === model && one.version === version);

  const makeVoid = (decision: DecisionRecord): Promise<void> =>
    database.write(() => {
      records.putDecision({ ...decision, applied: 'void' });
      const request = requestOf(decision.model, decision.version);
      if (request !== undefined && decision.byHand !== true) records.putRequest({ ...request, state: 'comparing' });
    });

  return {
    apply: async (decision) => {
      const { id, model, version, serving, verdict } = decision;
      let moved: boolean;
      try {
        moved = await move(decision);
      } catch (error) {
        if (!isFinal(error)) throw error;
        moved = false;
      }
      if (!moved) {
        await makeVoid(decision);
        return false;
      }
      const told = eventOf(decision);
      await database.write(() => {
        records.putDecision({ ...decision, applied: true });
        outbox.put(told.type, id, told.data);
        if (verdict === 'promote') {
          const request = requestOf(model, version);
          if (request !== undefined) records.setLearnt(request.id, true);
        }
        if (verdict === 'roll back') {
          const taken = requestOf(model, serving);
          if (taken !== undefined) records.setLearnt(taken.id, false);
        }
      });
      metrics.decisions.inc({ model, verdict: verdict.replace(' ', '_') });
      return true;
    },
  };
};
