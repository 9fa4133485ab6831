import { existsSync } from 'node:fs';
import { copyFile, mkdir } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { TaxonError } from '@taxon/errors';
import type { Recipe } from '../recipe.ts';

/** The recipe with other paths for what it reads beside labelled files; `name` is what such a file is kept as. */
const changeFiles = (recipe: Recipe, change: (path: string, name: string) => string): Recipe => {
  const { hierarchy, abstain, adaptation } = recipe;
  const file = (path: string, name: string): string => change(path, `${name}${extname(path)}`);
  return {
    ...recipe,
    ...(hierarchy?.map !== undefined && { hierarchy: { ...hierarchy, map: file(hierarchy.map, 'hierarchy') } }),
    ...(abstain.outOfScope !== undefined && {
      abstain: { ...abstain, outOfScope: file(abstain.outOfScope, 'out-of-scope') },
    }),
    adaptation: { ...adaptation, texts: adaptation.texts.map((path, i) => file(path, `adaptation-${i}`)) },
  };
};

const copyAll = async (files: readonly { from: string; to: string }[], complain: (path: string) => TaxonError) => {
  for (const { from, to } of files)
    try {
      await copyFile(from, to);
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code === 'ENOENT') throw complain(from);
      throw cause;
    }
};

/**
 * Copies what a recipe reads beside labelled files (a hierarchy's map, texts out of scope, texts to adapt to) into a folder.
 * @throws TaxonError `failed_precondition` naming a file that is gone
 */
export const keepFiles = async (recipe: Recipe, folder: string): Promise<void> => {
  const files: { from: string; to: string }[] = [];
  changeFiles(recipe, (from, name) => {
    files.push({ from, to: join(folder, name) });
    return from;
  });
  if (files.length > 0) await mkdir(folder, { recursive: true });
  await copyAll(files, (path) => {
    const message = `${path}: gone, so the model cannot be kept with all that it was made of`;
    return new TaxonError({ code: 'failed_precondition', message, hint: 'Bring back the file, or train again.' });
  });
};

/** The recipe that reads copies of the files kept in `from`, put into `to`; those that are not there it reads where they were. */
export const withKeptFiles = async (recipe: Recipe, { from, to }: { from: string; to: string }): Promise<Recipe> => {
  const files: { from: string; to: string }[] = [];
  const changed = changeFiles(recipe, (path, name) => {
    if (!existsSync(join(from, name))) return path;
    files.push({ from: join(from, name), to: join(to, name) });
    return join(to, name);
  });
  await copyAll(files, (path) => new TaxonError({ code: 'failed_precondition', message: `${path}: gone` }));
  return changed;
};
