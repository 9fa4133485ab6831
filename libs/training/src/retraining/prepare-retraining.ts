import { copyFile, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Example } from '@taxon/data';
import { TaxonError } from '@taxon/errors';
import { describeModelFolder } from '@taxon/models';
import { parseRecipe } from '../parse-recipe.ts';
import { labelColumns, partNames, type PartName } from '../prepare-data.ts';
import type { Recipe } from '../recipe.ts';
import { addRows, readPart, type AddedRows } from './add-rows.ts';
import { findDataParts, withDataParts, writeDataParts, type DataParts } from './data-parts.ts';
import { keepFiles, withKeptFiles } from './kept-files.ts';
import { readNewRows } from './new-rows.ts';

export interface RetrainingOptions {
  /** Model folder of the version that is trained again, with its parts. */
  parent: string;
  /** Files of new rows (`readNewRows`), the older first. */
  rows: readonly string[];
  /** Where everything of this training is put: its parts, and the model below `model`. */
  folder: string;
  /** Instead of the parent's; its files are not read, the parent's parts are. */
  recipe?: Recipe;
  signal?: AbortSignal;
}

export interface Retraining {
  recipe: Recipe;
  /** Absent without new rows. */
  rows?: AddedRows;
}

/** Within a model folder: what it was trained and scored on. */
const partsFolder = (model: string): string => join(model, 'run', 'data');

/** The parts that a model keeps with it. */
export const findKeptData = (model: string): DataParts => findDataParts(partsFolder(model));

/**
 * Keeps with a model what it was trained and scored on, and the other files that its recipe reads, so that it can be trained again
 * wherever its folder is.
 * @throws TaxonError `failed_precondition` when a file is gone or no longer what the run read
 */
export const keepDataParts = async (model: string, recipe: Recipe, signal?: AbortSignal): Promise<DataParts> => {
  const { lineage: { dataDigest: digest } = {} } = await describeModelFolder(model);
  const folder = partsFolder(model);
  const parts = await writeDataParts(recipe, folder, {
    digest: typeof digest === 'string' ? digest : 'unknown',
    signal,
  });
  await keepFiles(recipe, folder);
  return parts;
};

/**
 * The recipe of a model trained again: as before, with the same validation and test part, and with the new rows in the training part.
 * Event files for TensorBoard go into its own run folder, wherever the parent's went.
 * @throws TaxonError `failed_precondition` for a model that does not say how it was made; `invalid_input` as `readNewRows`
 */
export const prepareRetraining = async (options: RetrainingOptions): Promise<Retraining> => {
  const { parent, folder, signal } = options;
  const { lineage, space } = await describeModelFolder(parent);
  const parts = findKeptData(parent);
  if (lineage?.['recipe'] === undefined || parts.train === undefined || space === undefined)
    throw new TaxonError({
      code: 'failed_precondition',
      message: `${parent}: holds ${parts.train === undefined ? 'no training data (run/data)' : 'no recipe'}, so it cannot be trained again`,
      hint: 'Register it with its data: taxon models register --with-data.',
    });
  await mkdir(folder, { recursive: true });
  const own: Record<string, string> = {};
  for (const part of partNames) {
    const from = parts[part];
    if (from !== undefined) await copyFile(from, (own[part] = join(folder, `${part}.jsonl`)));
  }
  const before =
    options.recipe ?? (await withKeptFiles(parseRecipe(lineage['recipe']), { from: partsFolder(parent), to: folder }));
  let recipe: Recipe = {
    ...withDataParts(before, own, space),
    // That folder is the first training's, perhaps of another machine.
    logging: { ...before.logging, tensorboardFolder: undefined },
    output: join(folder, 'model'),
  };
  let rows: AddedRows | undefined;
  for (const path of options.rows) {
    const target = join(folder, 'train.jsonl');
    const added = await addRows(recipe, await readNewRows(path, space), { path, target, signal });
    rows = rows === undefined ? added : sumOf(rows, added);
    recipe = { ...recipe, data: { ...recipe.data, train: target } };
  }
  return { recipe, ...(rows && { rows }) };
};

const sumOf = (a: AddedRows, b: AddedRows): AddedRows => ({
  added: a.added + b.added,
  replaced: a.replaced + b.replaced,
  known: a.known + b.known,
  heldOut: a.heldOut + b.heldOut,
  unusable: a.unusable + b.unusable,
  firstUnusable: a.firstUnusable ?? b.firstUnusable,
});

/**
 * Texts of a part that is kept with a model, and the names of the tasks that their labels answer.
 * @throws TaxonError `failed_precondition` where the model holds none
 */
export const readDataPart = async (
  model: string,
  part: PartName,
  signal?: AbortSignal,
): Promise<{ tasks: string[]; examples: Example[] }> => {
  const { lineage, space } = await describeModelFolder(model);
  const parts = findKeptData(model);
  if (lineage?.['recipe'] === undefined || parts[part] === undefined || space === undefined)
    throw new TaxonError({
      code: 'failed_precondition',
      message: `${model}: holds no ${part} texts (run/data), so it cannot be compared`,
      hint: 'Register it with its data: taxon models register --with-data.',
    });
  const recipe = withDataParts(parseRecipe(lineage['recipe']), parts, space);
  signal?.throwIfAborted();
  const columns = labelColumns(recipe);
  return { tasks: columns.map(({ name }) => name), examples: await readPart(recipe, parts[part]) };
};
