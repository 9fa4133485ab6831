import { mkdir, open, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
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

/** `TAXON_CACHE`, else what the XDG directories say: `~/.cache/taxon`. */
export const defaultCacheFolder = (env: NodeJS.ProcessEnv = process.env): string =>
  env['TAXON_CACHE'] || join(env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'taxon');

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

/** A rename survives a power cut once its folder is synced; not every system lets folders be opened. */
const syncFolder = async (folder: string): Promise<void> => {
  const handle = await open(folder, 'r').catch(() => undefined);
  try {
    await handle?.sync().catch(() => undefined);
  } finally {
    await handle?.close();
  }
};
