import { readHierarchy, type Example } from '@taxon/data';
import { labelColumns } from '../prepare-data.ts';
import type { Recipe } from '../recipe.ts';

type Labels = Example['labels'];

/** What a recipe makes of a new row's labels: those of its columns, or why it cannot learn from them. */
export type CheckedLabels = { labels: Labels } | { problem: string };

/** Labels of the tasks that columns hold; a hierarchy's map adds the coarse one in front. */
export const ownLabels = (labels: Labels, columns: number): Labels => labels.slice(labels.length - columns);

/** What a text is now known to be: tasks that nobody has told anything new about stay as they were. */
export const mergeLabels = (before: Labels | undefined, now: Labels): Labels =>
  now.map((labels, task) => labels ?? before?.[task]);

/** Coarse labels of fine ones, as the rows of [coarse, fine] tell them; grows with the rows that are let in. */
const createFamily = (examples: readonly { labels: Labels }[]) => {
  const parentOf = new Map<string, string>();
  for (const { labels } of examples) {
    const [coarse, fine] = [labels[0]?.[0], labels[1]?.[0]];
    if (coarse !== undefined && fine !== undefined) parentOf.set(fine, coarse);
  }
  /** @param before of the same text */
  return (before: Labels | undefined, now: Labels): CheckedLabels => {
    const [coarse, fine] = [now[0]?.[0], now[1]?.[0]];
    if (fine === undefined) {
      if (coarse === undefined || ![...parentOf.values()].includes(coarse))
        return { problem: `the coarse label ${JSON.stringify(coarse)} is new, and no fine one is told` };
      const old = before?.[1]?.[0];
      // The old fine label is no longer right where its coarse one is another.
      return { labels: [now[0], old !== undefined && parentOf.get(old) === coarse ? [old] : undefined] };
    }
    const parent = parentOf.get(fine) ?? coarse;
    if (parent === undefined)
      return { problem: `the fine label ${JSON.stringify(fine)} is new, and no coarse one is told` };
    if (coarse !== undefined && coarse !== parent)
      return {
        problem: `${JSON.stringify(fine)} stands under ${JSON.stringify(parent)}, not ${JSON.stringify(coarse)}`,
      };
    parentOf.set(fine, parent);
    return { labels: [[parent], [fine]] };
  };
};

/**
 * Whether the recipe can learn from a new row. One that it cannot read would fail the whole training, and every later one.
 * @param learnt the training part
 */
export const createRowCheck = async (recipe: Recipe, learnt: readonly Example[]) => {
  const columns = labelColumns(recipe);
  const { pairColumn } = recipe.data;
  const { map, coarseColumn } = recipe.hierarchy ?? {};
  const parents = map === undefined ? undefined : await readHierarchy(map);
  const family = coarseColumn === undefined ? undefined : createFamily(learnt);
  /** @param before labels of the same text, by column */
  return ({ pair, labels }: Example, before?: Labels): CheckedLabels => {
    if (pairColumn !== undefined && (pair === undefined || pair.trim() === '')) return { problem: 'pair: missing' };
    const own = ownLabels(labels, columns.length);
    // A coarse label alone says nothing that a column holds.
    if (own.every((known) => known === undefined))
      return { problem: `labels: nothing is told of ${columns.map(({ name }) => name).join(', ')}` };
    const lost = own[0]?.find((label) => parents?.has(label) === false);
    if (lost !== undefined) return { problem: `labels: ${JSON.stringify(lost)} has no coarse label in ${map!}` };
    return family === undefined ? { labels: mergeLabels(before, own) } : family(before, own);
  };
};
