import { mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { syncFolder } from '@taxon/cache';
import { z } from 'zod';
import { missingFiles } from './encoder-files.ts';

const metadataFile = 'encoder.json';

const metadataSchema = z.object({
  name: z.string(),
  /** Commit of the repository, or the package's version: later runs use the same files. */
  revision: z.string(),
  source: z.string(),
  /** Bytes by file. */
  sizes: z.record(z.string(), z.number()),
});

/** What the cache knows about an encoder, in `encoder.json` beside its files. */
export type EncoderMetadata = z.output<typeof metadataSchema>;

export const cachedFolder = (cacheFolder: string, name: string): string =>
  join(cacheFolder, 'encoders', name.replace('/', '--'));

/** Where an encoder's files gather before the folder appears; kept between runs, so that a download goes on where it stopped. */
export const stagingFolder = (cacheFolder: string, name: string): string =>
  join(cacheFolder, 'encoders', `.${name.replace('/', '--')}.part`);

/** Whether the cache holds the whole encoder; why not, where it holds something else. */
export const inspectCache = async (folder: string): Promise<'whole' | 'absent' | 'damaged'> => {
  let metadata: EncoderMetadata;
  try {
    metadata = metadataSchema.parse(JSON.parse(await readFile(join(folder, metadataFile), 'utf8')));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') return 'damaged';
    // A folder that somebody copied here by hand has no metadata, and is as good as a local folder.
    return (await missingFiles(folder)).length === 0 ? 'whole' : 'absent';
  }
  for (const [file, size] of Object.entries(metadata.sizes)) {
    const found = await stat(join(folder, file)).catch(() => undefined);
    if (found?.size !== size) return 'damaged';
  }
  return (await missingFiles(folder)).length === 0 ? 'whole' : 'damaged';
};

/** Moves a complete staging folder into its place, in one rename. */
export const publish = async (staging: string, folder: string, metadata: EncoderMetadata): Promise<void> => {
  await writeFile(join(staging, metadataFile), JSON.stringify(metadata, null, 2) + '\n', { flush: true });
  await syncFolder(staging);
  await rm(folder, { recursive: true, force: true });
  await rename(staging, folder);
  await syncFolder(dirname(folder));
};

export const makeFolder = (folder: string): Promise<string | undefined> => mkdir(folder, { recursive: true });
