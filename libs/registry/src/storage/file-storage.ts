import { randomUUID } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { link, mkdir, open, readdir, rename, rm, stat, unlink } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { isDiskFull, TaxonError } from '@taxon/errors';
import { expectKey } from './keys.ts';
import type { Storage, StoredObject } from './storage.ts';

/** Unfinished files; no key begins with a dot. */
const temporary = '.writing';

const codeOf = (error: unknown): unknown => (error as NodeJS.ErrnoException).code;

const storageError = (path: string, error: unknown): unknown => {
  if (error instanceof TaxonError || (error as Error).name === 'AbortError') return error;
  const { message } = error as Error;
  if (isDiskFull(error))
    return new TaxonError({ code: 'resource_exhausted', message: `${path}: the disk is full`, cause: error });
  if (codeOf(error) === 'EACCES' || codeOf(error) === 'EPERM' || codeOf(error) === 'EROFS')
    return new TaxonError({ code: 'permission_denied', message: `${path}: ${message}`, cause: error });
  return new TaxonError({ code: 'unavailable', message: `${path}: ${message}`, cause: error });
};

/** A name is as durable as its folder. */
const syncFolder = async (folder: string): Promise<void> => {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
};

/** Objects as files below a folder, which is made when something is written. */
export const openFileStorage = (folder: string): Storage => {
  const root = resolve(folder);
  const pathOf = (key: string): string => join(root, ...expectKey(key).split('/'));

  const describe = async (key: string): Promise<StoredObject | undefined> => {
    try {
      const { size, mtime } = await stat(pathOf(key));
      return { key, bytes: size, modified: mtime };
    } catch (error) {
      if (codeOf(error) === 'ENOENT' || codeOf(error) === 'ENOTDIR') return undefined;
      throw storageError(pathOf(key), error);
    }
  };

  /** Depth first, names in the order of their keys. */
  async function* walk(key: string): AsyncGenerator<StoredObject> {
    const entries = await readdir(join(root, ...key.split('/').filter((part) => part !== '')), {
      withFileTypes: true,
    }).catch((error: unknown) => {
      if (codeOf(error) === 'ENOENT' || codeOf(error) === 'ENOTDIR') return [];
      throw storageError(join(root, key), error);
    });
    const sorted = entries
      .filter(({ name }) => !name.startsWith('.'))
      // A folder's keys go on with a slash.
      .map((entry) => ({ entry, order: entry.isDirectory() ? `${entry.name}/` : entry.name }))
      .sort((a, b) => (a.order < b.order ? -1 : 1));
    for (const { entry } of sorted) {
      const inner = key === '' ? entry.name : `${key}/${entry.name}`;
      if (entry.isDirectory()) yield* walk(inner);
      else {
        const object = await describe(inner);
        if (object !== undefined) yield object;
      }
    }
  }

  return {
    place: root,
    read: async (key) => {
      const path = pathOf(key);
      try {
        const handle = await open(path, 'r');
        return createReadStream('', { fd: handle });
      } catch (error) {
        if (codeOf(error) === 'ENOENT' || codeOf(error) === 'ENOTDIR') return undefined;
        throw storageError(path, error);
      }
    },
    write: async (key, source, { ifAbsent = false, signal } = {}) => {
      const path = pathOf(key);
      const parent = dirname(path);
      const unfinished = join(parent, `${temporary}-${randomUUID()}`);
      try {
        await mkdir(parent, { recursive: true });
        const bytes = source instanceof Readable ? source : Readable.from([source]);
        await pipeline(bytes, createWriteStream(unfinished, { flush: true, flags: 'wx' }), { signal });
        if (ifAbsent) {
          // Fails where the name is taken, on every file system that has hard links.
          const made = await link(unfinished, path).then(
            () => true,
            (error: unknown) => {
              if (codeOf(error) === 'EEXIST') return false;
              throw error;
            },
          );
          await unlink(unfinished);
          if (!made) return false;
        } else await rename(unfinished, path);
        await syncFolder(parent);
        return true;
      } catch (error) {
        await rm(unfinished, { force: true });
        throw storageError(path, error);
      }
    },
    list: (prefix) => ({
      async *[Symbol.asyncIterator]() {
        // The last part may be the beginning of a name.
        const at = prefix.lastIndexOf('/');
        for await (const object of walk(at < 0 ? '' : prefix.slice(0, at)))
          if (object.key.startsWith(prefix)) yield object;
      },
    }),
    stat: describe,
    remove: async (key) => {
      try {
        await rm(pathOf(key), { force: true });
      } catch (error) {
        throw storageError(pathOf(key), error);
      }
    },
    removeUnfinished: async (prefix, before) => {
      const folder = join(root, ...prefix.split('/').slice(0, -1));
      try {
        const entries = await readdir(folder, { withFileTypes: true, recursive: true });
        for (const { name, parentPath } of entries.filter((entry) => entry.name.startsWith(temporary))) {
          const path = join(parentPath, name);
          const found = await stat(path).catch(() => undefined);
          if (found !== undefined && found.mtime < before) await rm(path, { force: true });
        }
      } catch (error) {
        if (codeOf(error) !== 'ENOENT') throw storageError(folder, error);
      }
    },
  };
};
