import { createWriteStream } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { fileError } from './file-error.ts';

/**
 * Writes a file of pieces as they are made, in a folder that is made when absent. It appears whole or not at all.
 * @throws TaxonError `resource_exhausted` when the disk is full, `permission_denied`; `cancelled` after an abort
 */
export const writeWhole = async (path: string, pieces: Iterable<string>, signal?: AbortSignal): Promise<void> => {
  const temporary = `${path}.part`;
  try {
    await mkdir(dirname(path), { recursive: true });
    await pipeline(Readable.from(pieces), createWriteStream(temporary, { flush: true }), { signal });
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw fileError(path, error);
  }
};
