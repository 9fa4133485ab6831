import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { LabelSpace } from '@taxon/data';
import { TaxonError } from '@taxon/errors';
import { writeWhole } from '@taxon/evaluation';
import { labelColumns, partNames, prepareData, type PartName } from '../prepare-data.ts';
import type { Recipe } from '../recipe.ts';
import { isOfTheFiles, partRow } from './part-rows.ts';

/** Files of a run's parts; a part without texts has none. */
export type DataParts = Readonly<Partial<Record<PartName, string>>>;

const partFile = (folder: string, part: PartName): string => join(folder, `${part}.jsonl`);

/** The parts that lie in a folder. */
export const findDataParts = (folder: string): DataParts =>
  Object.fromEntries(
    partNames.map((part) => [part, partFile(folder, part)] as const).filter(([, path]) => existsSync(path)),
  );

/**
 * Writes the parts that a run trained and was scored on, as JSON Lines with the recipe's own columns: what it learnt from stays as it
 * was, whatever becomes of the recipe's files, and its validation part is the same for every model that comes after it.
 * @param digest of the run's data (`lineage.dataDigest`)
 * @throws TaxonError `failed_precondition` when the recipe's files do not hold what the run read; as `prepareData`
 */
export const writeDataParts = async (
  recipe: Recipe,
  folder: string,
  { digest, signal }: { digest: string; signal?: AbortSignal },
): Promise<DataParts> => {
  const data = await prepareData(recipe, signal);
  if (data.digest !== digest)
    throw new TaxonError({
      code: 'failed_precondition',
      message: `${data.files.join(', ')}: no longer what the model was trained on (digest ${data.digest.slice(0, 12)}, not ${digest.slice(0, 12)})`,
      hint: 'Bring back the files as they were, or train again.',
    });
  for (const part of partNames) {
    const rows = data[part].filter(isOfTheFiles).map((example) => `${JSON.stringify(partRow(recipe, example))}\n`);
    if (rows.length > 0) await writeWhole(partFile(folder, part), rows, signal);
  }
  return findDataParts(folder);
};

/**
 * The recipe that reads these parts in place of its own files.
 * @param space of the model: what `auto` found out about the columns of all rows need not show in those of a part
 */
export const withDataParts = (recipe: Recipe, { train, validation, test }: DataParts, space: LabelSpace): Recipe => {
  const { data } = recipe;
  // A hierarchy's map adds the coarse task in front; no column holds it.
  const kinds = space.tasks.slice(space.tasks.length - labelColumns(recipe).length).map(({ kind }) => kind);
  return {
    ...recipe,
    ...(data.tasks === undefined && recipe.hierarchy === undefined && { task: kinds[0]! }),
    data: {
      ...data,
      ...{ train, validation, test, format: undefined, labelSeparator: undefined },
      tasks: data.tasks?.map((task, i) => ({ ...task, kind: kinds[i]! })),
    },
  };
};
