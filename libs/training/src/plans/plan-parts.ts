import { invalidInput } from '@taxon/errors';
import type { PreparedRun } from '../prepare-run.ts';
import type { Recipe } from '../recipe.ts';
import { membersOf } from './fold-members.ts';
import { trainMember, type MemberKeeps, type Plan } from './member.ts';
import { runTrial, searchOptions } from './search-options.ts';

// Trainings of a run that do not wait for each other can be done by any process that sees the run's folders. Each leaves its result
// there, and the run, gone on with, finds them.

/** What each ensemble needs of its members. */
export const memberKeeps = { refit: 'nothing', soup: 'weights', vote: 'model' } as const satisfies Record<
  Recipe['ensemble'],
  MemberKeeps
>;

const numbered = (name: string, count: number): string[] => Array.from({ length: count }, (_, i) => `${name}-${i + 1}`);

/**
 * The trainings of a run by name, in waves: those of one do not wait for each other, those of the next need all of its results. The
 * trainings of sources and the last one are the run's own.
 */
export const planWaves = ({ search, folds, bagging }: Recipe): string[][] =>
  [numbered('trial', search.trials), numbered('fold', folds), numbered('bag', bagging)].filter(
    (wave) => wave.length > 0,
  );

/**
 * Does one training of a run. A trial is not cut short: it does not know of the others.
 * @throws TaxonError `invalid_input` for a name that is none of the run's
 */
export const runPlanPart = async (prepared: PreparedRun, folder: string, part: string): Promise<void> => {
  const { recipe } = prepared;
  if (!planWaves(recipe).flat().includes(part))
    throw invalidInput(`part: '${part}' is no training of this recipe; it has ${planWaves(recipe).flat().join(', ')}`);
  const plan: Plan = { prepared, recipe, folder, begin: () => undefined };
  const trial = /^trial-(\d+)$/.exec(part);
  if (trial !== null) {
    await runTrial(plan, Number(trial[1]), undefined, new Map());
    return;
  }
  const found = recipe.search.trials > 0 ? (await searchOptions(plan)).recipe : recipe;
  const member = membersOf(prepared, recipe).find(({ name }) => name === part)!;
  await trainMember({ ...plan, recipe: found }, member, memberKeeps[recipe.ensemble]);
};
