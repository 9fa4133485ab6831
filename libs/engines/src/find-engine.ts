import { readFile, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { defaultCacheFolder } from '@taxon/cache';
import { z } from 'zod';
import { pinsOf, type EngineName, type EnginePins } from './pins.ts';

const metadataSchema = z.object({
  name: z.string(),
  version: z.string(),
  /** SHA-256 of the wheels that it was made of, by package. */
  wheels: z.record(z.string(), z.string()),
});

/** What an engine's folder says of itself, in `engine.json`. */
export type EngineMetadata = z.output<typeof metadataSchema>;

export const metadataFile = 'engine.json';

export interface Engine {
  name: EngineName;
  version: string;
  package: EnginePins['package'];
  /** Absolute; where it is, or would be. */
  folder: string;
  state: 'installed' | 'absent' | 'damaged';
}

/** Below an engine's folder. tfjs-node looks for its addon here: lib/napi-v8 is the oldest of today's interfaces of Node. */
export const addonPath = (name: EnginePins['package']): string =>
  join('node_modules', name, 'lib', 'napi-v8', 'tfjs_binding.node');

/** The folder of one machine type: home folders are shared between machines. */
export const engineFolder = (name: EngineName, version: string, cacheFolder: string): string =>
  join(resolve(cacheFolder), 'engines', `${name}-${version}-${process.platform}-${process.arch}`);

const inspect = async (folder: string, { package: name }: EnginePins): Promise<Engine['state']> => {
  let text: string;
  try {
    text = await readFile(join(folder, metadataFile), 'utf8');
  } catch {
    return 'absent';
  }
  try {
    metadataSchema.parse(JSON.parse(text));
    await stat(join(folder, addonPath(name)));
    return 'installed';
  } catch {
    return 'damaged';
  }
};

/**
 * Where an engine is, and whether it is there.
 * @throws TaxonError `failed_precondition` where there is no such engine for this machine
 */
export const findEngine = async (name: EngineName, cacheFolder: string = defaultCacheFolder()): Promise<Engine> => {
  const pins = pinsOf(name);
  const folder = engineFolder(name, pins.version, cacheFolder);
  return { name, version: pins.version, package: pins.package, folder, state: await inspect(folder, pins) };
};
