import { createWriteStream } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { TaxonError } from '@taxon/errors';

const codes: Record<string, TaxonError['code']> = {
  ENOENT: 'invalid_input',
  ENOTDIR: 'invalid_input',
  EISDIR: 'invalid_input',
  EACCES: 'permission_denied',
  EROFS: 'permission_denied',
  ENOSPC: 'resource_exhausted',
  EDQUOT: 'resource_exhausted',
};

const cannotWrite = (path: string, cause: unknown): unknown => {
  const code = codes[(cause as NodeJS.ErrnoException).code ?? ''];
  if (code === undefined || !(cause instanceof Error)) return cause;
  return new TaxonError({ code, message: `${path}: cannot be written: ${cause.message}`, cause });
};

/**
 * Writes lines to a file that appears whole or not at all.
 * @throws TaxonError `invalid_input`, `permission_denied` or `resource_exhausted` when the file cannot be written
 */
export const writeAtomically = async (path: string, lines: AsyncIterable<string>, signal: AbortSignal) => {
  const partial = `${path}.${process.pid}.part`;
  async function* withEnds(): AsyncGenerator<string> {
    for await (const line of lines) yield `${line}\n`;
  }
  try {
    await pipeline(withEnds(), createWriteStream(partial), { signal });
    await rename(partial, path);
  } catch (cause) {
    await rm(partial, { force: true });
    throw cannotWrite(path, cause);
  }
};
