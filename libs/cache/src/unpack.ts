import { createWriteStream } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { openPromise } from 'yauzl';

/**
 * Unpacks files of a zip archive (a wheel is one) as streams. yauzl refuses names that lead out of a folder.
 * @param place where an archive's file goes below `target`; undefined for what stays packed
 * @returns bytes by placed path
 */
export const unpack = async (
  archive: string,
  target: string,
  place: (name: string) => string | undefined,
  signal?: AbortSignal,
): Promise<Record<string, number>> => {
  const zip = await openPromise(archive);
  const sizes: Record<string, number> = {};
  for await (const entry of zip.eachEntry()) {
    const path = entry.fileName.endsWith('/') ? undefined : place(entry.fileName);
    if (path === undefined) continue;
    await mkdir(dirname(join(target, path)), { recursive: true });
    // The permissions that Unix zips keep: programs among the files must stay programs.
    const mode = ((entry.externalFileAttributes >>> 16) & 0o111) === 0 ? 0o644 : 0o755;
    // `flush` syncs before closing: the folder is renamed into place right after.
    const file = createWriteStream(join(target, path), { flush: true, mode });
    await pipeline(await zip.openReadStreamPromise(entry), file, { signal });
    sizes[path] = entry.uncompressedSize;
  }
  return sizes;
};
