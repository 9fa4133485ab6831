import { isAbsolute, relative, resolve, sep } from 'node:path';
import { invalidInput } from '@taxon/errors';
import type { Recipe } from '@taxon/training';

export interface AllowedFolders {
  /** What recipes may read. */
  dataFolder: string;
  /** What they may write. */
  modelsFolder: string;
}

const confine = (path: string, field: string, key: string, folder: string): string => {
  const root = resolve(folder);
  const absolute = resolve(root, path);
  const inside = relative(root, absolute);
  if (inside !== '..' && !inside.startsWith(`..${sep}`) && !isAbsolute(inside)) return absolute;
  const description = `${JSON.stringify(path)} is outside ${root}, the trainer's ${key}`;
  throw invalidInput(`${field}: ${description}`, `give a path below it, or start the trainer with another ${key}`, [
    { field, description },
  ]);
};

/**
 * The recipe with absolute paths, read from below one folder and written below another: whoever may start trainings must
 * not thereby read and overwrite everything that this process can.
 * @throws TaxonError `invalid_input` naming the path's field, the path and the folder
 */
export const confinePaths = (recipe: Recipe, { dataFolder, modelsFolder }: AllowedFolders): Recipe => {
  const { data, hierarchy, abstain, adaptation, logging } = recipe;
  const write = (path: string, field: string): string => confine(path, field, 'modelsFolder', modelsFolder);
  const read = (path: string, field: string): string => confine(path, field, 'dataFolder', dataFolder);
  const readIfGiven = (path: string | undefined, field: string): string | undefined =>
    path === undefined ? undefined : read(path, field);
  return {
    ...recipe,
    data: {
      ...data,
      train: readIfGiven(data.train, 'data.train'),
      validation: readIfGiven(data.validation, 'data.validation'),
      test: readIfGiven(data.test, 'data.test'),
    },
    hierarchy: hierarchy && { ...hierarchy, map: readIfGiven(hierarchy.map, 'hierarchy.map') },
    adaptation: {
      ...adaptation,
      texts: adaptation.texts.map((path, i) => read(path, `adaptation.texts[${i}]`)),
    },
    abstain: { ...abstain, outOfScope: readIfGiven(abstain.outOfScope, 'abstain.outOfScope') },
    logging: {
      ...logging,
      tensorboardFolder: logging.tensorboardFolder && write(logging.tensorboardFolder, 'logging.tensorboardFolder'),
    },
    output: write(recipe.output, 'output'),
  };
};
