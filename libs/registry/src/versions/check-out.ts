import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readdir, rename, rm, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { TaxonError } from '@taxon/errors';
import { isName } from '../names.ts';
import type { CheckOutOptions, Manifest, ModelVersion } from '../registry.ts';
import type { Storage } from '../storage/storage.ts';
import { digestOfFile, fetchFile } from './blobs.ts';
import type { FoldedState } from './fold-history.ts';

/** The first file of a checkout that is not what the manifest says. */
const firstWrongFile = async (
  folder: string,
  { files }: Manifest,
  signal?: AbortSignal,
): Promise<string | undefined> => {
  for (const { path, digest } of files) {
    const found = await digestOfFile(join(folder, path), signal).catch((error: unknown) => {
      signal?.throwIfAborted();
      return { digest: error instanceof Error ? error.message : '' };
    });
    if (found.digest !== digest) return path;
  }
  return undefined;
};

/** A folder that is not whole yet; the name is never a version's. */
const unfinishedName = (target: string): string => `${target}.part-${randomUUID()}`;

/** @param target appears whole, or not at all @returns false where another was quicker */
const fetchAll = async (
  storage: Storage,
  target: string,
  { model, version, bytes: total }: ModelVersion,
  { files }: Manifest,
  { signal, onProgress }: CheckOutOptions,
): Promise<boolean> => {
  const unfinished = unfinishedName(target);
  let done = 0;
  try {
    await mkdir(unfinished, { recursive: true });
    for (const { path, digest } of files)
      await fetchFile(
        storage,
        { digest, what: `${path} of ${model}@${version}` },
        { target: join(unfinished, path), signal, onBytes: (more) => onProgress?.((done += more), total) },
      );
    return await rename(unfinished, target).then(
      () => true,
      (error: unknown) => {
        if (!existsSync(target)) throw error;
        return false;
      },
    );
  } finally {
    await rm(unfinished, { recursive: true, force: true });
  }
};

const refuse = (folder: string): never => {
  throw new TaxonError({
    code: 'already_exists',
    message: `${folder} is there already`,
    hint: 'Name a folder that is not there yet.',
  });
};

/** As `Registry.checkOut`. @param checkouts where those lie that are named no folder */
export const checkOutVersion = async (
  storage: Storage,
  checkouts: string,
  version: ModelVersion,
  options: CheckOutOptions = {},
): Promise<string> => {
  if (options.folder !== undefined) {
    const folder = resolve(options.folder);
    if (existsSync(folder)) refuse(folder);
    await mkdir(dirname(folder), { recursive: true });
    if (!(await fetchAll(storage, folder, version, await version.manifest(), options))) refuse(folder);
    return folder;
  }
  const manifest = await version.manifest();
  const target = join(checkouts, version.model, `${version.version}-${version.contentDigest.slice(0, 12)}`);
  if (existsSync(target)) {
    if ((await firstWrongFile(target, manifest, options.signal)) === undefined) return target;
    // Somebody wrote into it: it is fetched again.
    await rm(target, { recursive: true, force: true });
  }
  // Where somebody else was quicker, it is with the same.
  await fetchAll(storage, target, version, manifest, options);
  return target;
};

/** A checkout under way is not as old as this, in ms. */
const abandoned = 86_400_000;

/** Removes checkouts of versions that are no more, and what processes that were killed have left. */
export const sweepCheckouts = async (
  checkouts: string,
  versionsOf: (model: string) => Promise<FoldedState['versions']>,
): Promise<void> => {
  for (const model of (await readdir(checkouts).catch(() => [])).filter(isName)) {
    const versions = await versionsOf(model);
    for (const name of await readdir(join(checkouts, model))) {
      const path = join(checkouts, model, name);
      const left = name.includes('.part-') && Date.now() - (await stat(path)).mtimeMs > abandoned;
      if (left || versions.get(Number.parseInt(name, 10))?.removed) await rm(path, { recursive: true, force: true });
    }
  }
};
