import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { isDiskFull, TaxonError } from '@taxon/errors';
import { pipeline } from 'node:stream/promises';

/** A file and what its contents must hash to. */
export interface SealedFile {
  name: string;
  sha256: string;
}

const unfinished = '.writing';

const sync = async (path: string): Promise<void> => {
  const handle = await open(path, 'r');
  await handle.sync().finally(() => handle.close());
};

const describeWriteError = (cause: unknown, path: string): unknown => {
  if (!isDiskFull(cause)) return cause;
  return new TaxonError({
    code: 'resource_exhausted',
    message: `${path}: the disk is full`,
    hint: 'Free some space, then run again; --resume goes on from a checkpoint where one was kept before.',
    cause,
  });
};

/** Writes under another name, syncs, renames and syncs the folder: after a crash the old file or the new one is there, whole. */
export const replaceFile = async <Result>(
  path: string,
  write: (temporary: string) => Promise<Result>,
): Promise<Result> => {
  const temporary = `${path}${unfinished}`;
  try {
    const result = await write(temporary);
    await rename(temporary, path);
    await sync(dirname(path));
    return result;
  } catch (cause) {
    await rm(temporary, { force: true });
    throw describeWriteError(cause, path);
  }
};

export const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

const sha256OfFile = async (path: string): Promise<string> => {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path, { highWaterMark: 1 << 20 }), hash);
  return hash.digest('hex');
};

/** @throws TaxonError `failed_precondition` naming the file, when it is gone or its contents are not what was written */
export const verify = async (folder: string, { name, sha256: expected }: SealedFile): Promise<void> => {
  const path = join(folder, name);
  const actual = await sha256OfFile(path).catch((cause: unknown) => {
    throw damaged(path, cause instanceof Error ? cause.message : String(cause));
  });
  if (actual !== expected) throw damaged(path, 'its contents are not what was written');
};

export const damaged = (path: string, why: string): TaxonError =>
  new TaxonError({ code: 'failed_precondition', message: `${path} is damaged: ${why}` });

/** JSON with the digest of itself. */
export const writeSealedJson = (path: string, content: unknown): Promise<void> =>
  replaceFile(path, async (temporary) => {
    const text = JSON.stringify(content);
    await writeFile(temporary, `${sha256(text)}\n${text}`);
    await sync(temporary);
  });

/** @throws TaxonError `failed_precondition` */
export const readSealedJson = (path: string, text: string): unknown => {
  const end = text.indexOf('\n');
  const content = text.slice(end + 1);
  if (end < 0 || sha256(content) !== text.slice(0, end)) throw damaged(path, 'its contents are not what was written');
  return JSON.parse(content);
};

/** Removes what a killed run left half-written, and every file that `keep` does not name. */
export const sweep = async (folder: string, keep: ReadonlySet<string>): Promise<void> => {
  for (const name of await readdir(folder)) if (!keep.has(name)) await rm(join(folder, name), { force: true });
};
