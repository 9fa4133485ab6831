import { confinePath } from '@taxon/jobs';
import type { Recipe } from '@taxon/training';

export interface AllowedFolders {
  /** What recipes may read. */
  dataFolder: string;
  /** What they may write. */
  modelsFolder: string;
}

/**
 * The recipe with absolute paths, read from below one folder and written below another: whoever may start trainings must
 * not thereby read and overwrite everything that this process can.
 * @throws TaxonError `invalid_input` naming the path's field, the path and the folder
 */
export const confinePaths = (recipe: Recipe, { dataFolder, modelsFolder }: AllowedFolders): Recipe => {
  const { data, hierarchy, abstain, adaptation, logging } = recipe;
  const write = (path: string, field: string): string =>
    confinePath(path, field, { folder: modelsFolder, key: 'modelsFolder', service: 'trainer' });
  const read = (path: string, field: string): string =>
    confinePath(path, field, { folder: dataFolder, key: 'dataFolder', service: 'trainer' });
  const readIfGiven = (path: string | undefined, field: string): string | undefined =>
    path === undefined ? undefined : read(path, field);
  return {
    ...recipe,
    data: {
      ...data,
      train: read(data.train, 'data.train'),
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
