import { constants } from 'node:fs';
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TaxonError } from '@taxon/errors';

export interface FolderWithData extends AsyncDisposable {
  folder: string;
}

/**
 * A model folder with the texts that it was trained and scored on in it (`run/data`): the folder itself where it holds them, else a
 * copy that is removed in the end.
 * @throws TaxonError `failed_precondition` for a model that does not say how it was made, or whose files are no longer what they were
 */
export const withData = async (folder: string, signal: AbortSignal): Promise<FolderWithData> => {
  const { findKeptData, keepDataParts, parseRecipe } = await import('@taxon/training');
  const { describeModelFolder } = await import('@taxon/models');
  const { lineage } = await describeModelFolder(folder);
  if (findKeptData(folder).train !== undefined) return { folder, [Symbol.asyncDispose]: () => Promise.resolve() };
  if (lineage?.['recipe'] === undefined)
    throw new TaxonError({
      code: 'failed_precondition',
      message: `${folder}: --with-data: the model does not say by which recipe it was trained`,
      hint: 'Register it without --with-data; it can be served, and not be trained again.',
    });
  const recipe = parseRecipe(lineage['recipe']);
  const temporary = await mkdtemp(join(tmpdir(), 'taxon-register-'));
  const own = join(temporary, 'model');
  const dispose = () => rm(temporary, { recursive: true, force: true });
  try {
    // Where the file system can share the bytes of both, it does.
    await cp(folder, own, { recursive: true, mode: constants.COPYFILE_FICLONE });
    await keepDataParts(own, recipe, signal).catch((error: unknown) => {
      const { code, message } = TaxonError.from(error);
      const hint = 'The files of the training are read again: run this where the model was trained.';
      throw code === 'not_found' ? new TaxonError({ code, message, hint, cause: error }) : error;
    });
    return { folder: own, [Symbol.asyncDispose]: dispose };
  } catch (error) {
    await dispose();
    throw error;
  }
};
