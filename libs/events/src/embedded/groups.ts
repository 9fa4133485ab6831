import { TaxonError } from '@taxon/errors';
import { pause } from '../retry.ts';
import type { EventLog } from './event-log.ts';
import { beatInterval } from './membership.ts';

/** The groups of a log, for people. @param lease of its consumers, ms */
export const createGroups = ({ database }: EventLog, lease: number) => {
  const groups = database.prepareRows('SELECT DISTINCT grp FROM leases ORDER BY grp');
  const has = database.prepareRows('SELECT 1 FROM leases WHERE grp = ? LIMIT 1');
  const beats = database.prepareRows('SELECT topic, member, beat FROM members WHERE grp = ? ORDER BY topic, member');
  const forget = ['leases', 'members'].map((table) => database.prepare(`DELETE FROM ${table} WHERE grp = ?`));
  const beatsOf = (group: string): string => JSON.stringify(beats(group));

  /** @throws TaxonError `not_found`, `failed_precondition` */
  const forgetGroup = async (group: string): Promise<void> => {
    if (has(group).length === 0)
      throw new TaxonError({ code: 'not_found', message: `there is no group ${group}`, hint: 'taxon events groups' });
    const before = beatsOf(group);
    // What a process that died has left behind beats no more.
    if (before !== '[]') await pause(3 * beatInterval(lease));
    await database.write(() => {
      if (beatsOf(group) !== before)
        throw new TaxonError({
          code: 'failed_precondition',
          message: `a consumer of the group ${group} lives`,
          hint: 'Stop it first; only a group that is gone for good is forgotten.',
        });
      for (const statement of forget) statement.run(group);
    });
  };
  return { groups: (): string[] => groups().map(([group]) => group as string), forgetGroup };
};
