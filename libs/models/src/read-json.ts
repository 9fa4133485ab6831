import { readFile } from 'node:fs/promises';
import { TaxonError, invalidInput } from '@taxon/errors';
import type { z } from 'zod';

const codeOf = (error: unknown): string | undefined => (error as NodeJS.ErrnoException | undefined)?.code;

/**
 * Reads a JSON file that comes from outside.
 * @returns undefined where there is no such file
 * @throws TaxonError `invalid_input` naming the file, and the field that is wrong
 */
export const readOptionalJson = async <Schema extends z.ZodType>(
  path: string,
  schema: Schema,
): Promise<z.output<Schema> | undefined> => {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (cause) {
    if (codeOf(cause) === 'ENOENT' || codeOf(cause) === 'ENOTDIR') return undefined;
    throw new TaxonError({
      code: 'invalid_input',
      message: `${path}: cannot be read: ${(cause as Error).message}`,
      cause,
    });
  }
  let json: unknown;
  try {
    json = JSON.parse(text.replace(/^\uFEFF/, ''));
  } catch (cause) {
    throw new TaxonError({
      code: 'invalid_input',
      message: `${path}: is not JSON: ${(cause as Error).message}`,
      cause,
    });
  }
  const result = schema.safeParse(json);
  if (result.success) return result.data;
  const issue = result.error.issues[0]!;
  const field = issue.path.join('.');
  throw invalidInput(`${path}: ${field === '' ? '' : `${field}: `}${issue.message}`);
};

/** As `readOptionalJson`, and the file must be there. */
export const readJson = async <Schema extends z.ZodType>(path: string, schema: Schema): Promise<z.output<Schema>> => {
  const json = await readOptionalJson(path, schema);
  if (json === undefined) throw invalidInput(`${path} does not exist`);
  return json;
};
