import { servingAlias } from '@taxon/app-inference/shared';
import type { Registry } from '@taxon/registry';

/** What serves, and since when, as the registry's history says: whoever moved the alias. */
export interface Serving {
  version: number;
  since: Date;
  /** That served before; absent for the first one, and where it was taken back to: there is no way back from that. */
  previous: number | undefined;
}

export const rollBackVerdict = 'roll back';

/** @returns undefined where nothing serves */
export const servingOf = async (registry: Registry, model: string): Promise<Serving | undefined> => {
  const { aliases } = await registry.describe(model);
  const version = aliases.get(servingAlias);
  if (version === undefined) return undefined;
  const moves = (await registry.history(model)).filter(
    ({ change }) => change.kind === 'alias' && change.alias === servingAlias,
  );
  const last = moves.at(-1);
  if (last?.change.kind !== 'alias') return undefined;
  const { verdict } = (last.details ?? {}) as { verdict?: unknown };
  return {
    ...{ version, since: last.at },
    previous: verdict === rollBackVerdict || last.change.from === version ? undefined : last.change.from,
  };
};
