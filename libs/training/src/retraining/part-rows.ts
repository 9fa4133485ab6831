import { labelNameMethod, type Example } from '@taxon/data';
import { labelColumns } from '../prepare-data.ts';
import type { Recipe } from '../recipe.ts';

/** A line of a part's file: the recipe's columns by name. */
export type PartRow = Readonly<Record<string, unknown>>;

/**
 * An example as the recipe's columns say it, so that the same recipe reads it again. What it knows of itself goes with it: its id,
 * source, and how it was made.
 */
export const partRow = (recipe: Recipe, { id, text, pair, labels, source, origin }: Example): PartRow => {
  const { data } = recipe;
  const columns = labelColumns(recipe);
  // A hierarchy's map adds the coarse task in front; no column holds it.
  const added = labels.length - columns.length;
  const answers = columns.map(({ column }, i) => {
    const known = labels[added + i];
    return [column, known === undefined ? null : known.length === 1 ? known[0] : known] as const;
  });
  return {
    ...(id !== undefined && { id }),
    [data.textColumn]: text,
    ...(data.pairColumn !== undefined && { [data.pairColumn]: pair }),
    ...Object.fromEntries(answers),
    ...(data.sourceColumn !== undefined && { [data.sourceColumn]: source ?? null }),
    ...(origin !== undefined && { augmentation: origin.method, parent: origin.parent }),
  };
};

/** Names of labels are the recipe's: it adds them itself. */
export const isOfTheFiles = ({ origin }: Example): boolean => origin?.method !== labelNameMethod;
