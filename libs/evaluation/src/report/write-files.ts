import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileError } from '../file-error.ts';

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
    throw fileError(path, error);
  }
};
