import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { TaxonError, invalidInput } from '@taxon/errors';
import { createTokenizer, type Tokenizer } from './tokenizer.ts';

/**
 * Reads `tokenizer.json`, and `tokenizer_config.json` where there is one, from a model folder.
 * @throws TaxonError `not_found` where the folder has no tokenizer.json, `invalid_input` naming the file that is wrong
 */
export const loadTokenizer = async (folder: string): Promise<Tokenizer> => {
  const path = join(folder, 'tokenizer.json');
  const [json, config] = await Promise.all([readJson(path), readJson(join(folder, 'tokenizer_config.json'))]);
  if (json === undefined)
    throw new TaxonError({
      code: 'not_found',
      message: `${path} does not exist`,
      hint: "A slow tokenizer's folder gets one by AutoTokenizer.from_pretrained(folder).save_pretrained(folder) in Python.",
    });
  try {
    return createTokenizer(json, config);
  } catch (error) {
    if (!(error instanceof TaxonError)) throw error;
    const { code, message, hint } = error;
    throw new TaxonError({ code, message: `${folder}: ${message}`, hint, cause: error });
  }
};

const readJson = async (path: string): Promise<unknown> => {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    throw invalidInput(`${path} is not JSON: ${(error as Error).message}`);
  }
};
