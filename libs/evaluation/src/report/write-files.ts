import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isDiskFull, TaxonError } from '@taxon/errors';

const explain = (path: string, error: unknown): unknown => {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (isDiskFull(error))
    return new TaxonError({
      code: 'resource_exhausted',
      message: `${path} cannot be written: the disk is full`,
      hint: 'Free some space and write it again.',
      cause: error,
    });
  if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS')
    return new TaxonError({
      code: 'permission_denied',
      message: `${path} may not be written by this user`,
      cause: error,
    });
  return error;
};

/**
 * Writes files into a folder, which is made when absent. Each appears whole or not at all: it is written under another name first.
 * @throws TaxonError `resource_exhausted` when the disk is full, `permission_denied`; temporary files are removed
 */
export const writeFiles = async (folder: string, files: Readonly<Record<string, string>>): Promise<void> => {
  const temporary: string[] = [];
  let path = folder;
  try {
    await mkdir(folder, { recursive: true });
    for (const [name, content] of Object.entries(files)) {
      path = join(folder, name);
      temporary.push(`${path}.part`);
      await writeFile(`${path}.part`, content, { flush: true });
    }
    for (const part of temporary) await rename(part, part.slice(0, -'.part'.length));
  } catch (error) {
    await Promise.all(temporary.map((part) => rm(part, { force: true })));
    throw explain(path, error);
  }
};
