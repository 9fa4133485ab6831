import { confinePath } from '@taxon/jobs';
import type { Recipe } from '@taxon/training';

export interface AllowedFolders {
  /** What recipes may read. */
  dataFolder: string;
  /** What they may write. */
  modelsFolder: string;
}

/** The options of a recipe that name files. */
type WithPaths = Pick<Recipe, 'data' | 'hierarchy' | 'abstain' | 'logging' | 'output'> &
  Partial<Pick<Recipe, 'adaptation'>>;

/**
 * The recipe with absolute paths, read from below one folder and written below another: whoever may start trainings must
 * not thereby read and overwrite everything that this process can.
 * @throws TaxonError `invalid_input` naming the path's field, the path and the folder
 */
export const confinePaths = <R extends WithPaths>(
  recipe: R,
  { dataFolder, modelsFolder }: AllowedFolders,
  service = 'trainer',
): R => {
  const { data, hierarchy, abstain, adaptation, logging } = recipe;
  const write = (path: string, field: string): string =>
    confinePath(path, field, { folder: modelsFolder, key: 'modelsFolder', service });
  const read = (path: string, field: string): string =>
    confinePath(path, field, { folder: dataFolder, key: 'dataFolder', service });
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
    ...(adaptation && {
      adaptation: {
        ...adaptation,
        texts: adaptation.texts.map((path, i) => read(path, `adaptation.texts[${i}]`)),
      },
    }),
    abstain: { ...abstain, outOfScope: readIfGiven(abstain.outOfScope, 'abstain.outOfScope') },
    logging: {
      ...logging,
      tensorboardFolder: logging.tensorboardFolder && write(logging.tensorboardFolder, 'logging.tensorboardFolder'),
    },
    output: write(recipe.output, 'output'),
  };
};
