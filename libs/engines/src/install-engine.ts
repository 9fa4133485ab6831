import { existsSync } from 'node:fs';
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { asDiskError, defaultCacheFolder, syncFolder, withLock, type Wheel } from '@taxon/cache';
import { TaxonError } from '@taxon/errors';
import { buildAddon } from './build-addon.ts';
import { findEngine, metadataFile, type Engine, type EngineMetadata } from './find-engine.ts';
import { fetchWheels, unpackLibraries } from './libraries.ts';
import { installPackages } from './npm-packages.ts';
import { pinsOf, type EngineName, type EnginePins } from './pins.ts';
import { runTool, tools } from './run-tool.ts';
import { testEngine } from './smoke-test.ts';

export interface InstallEngineOptions {
  /** @default `TAXON_CACHE`, else `$XDG_CACHE_HOME/taxon`, else `~/.cache/taxon` */
  cacheFolder?: string;
  /** Install anew what is there. @default false */
  force?: boolean;
  signal?: AbortSignal;
  /** Told of what begins, e.g. "building the addon". */
  onStep?: (step: string) => void;
}

export interface InstalledEngine extends Engine {
  /** It was there before. */
  already: boolean;
}

/** What is missing is told before gigabytes are fetched. */
const checkTools = async (signal?: AbortSignal): Promise<void> => {
  const { npm, python, compiler } = tools();
  await runTool(npm, ['--version'], { signal });
  await runTool(python, ['-m', 'pip', '--version'], { signal });
  await runTool(compiler, ['--version'], { signal });
};

/** How Linux, and Linux on Windows, show an NVIDIA card. */
const cardFiles = ['/dev/nvidiactl', '/dev/dxg'];

/** A card that is not there is told before gigabytes are fetched, too; whether it works is tried at the end. */
const expectCard = (): void => {
  if (cardFiles.some((path) => existsSync(path))) return;
  throw new TaxonError({
    code: 'failed_precondition',
    message: `there is no NVIDIA card with its driver on this machine: neither ${cardFiles.join(' nor ')} exists`,
    hint: 'See whether `nvidia-smi` lists the card; in a container, whether it is passed into it. Without a card: taxon engine install tensorflow.',
  });
};

const wheelsOf = ({ tensorflow, cuda }: EnginePins): EngineMetadata['wheels'] =>
  Object.fromEntries([tensorflow, ...cuda].map((wheel) => [wheel.package, wheel.sha256!]));

/** Makes the engine in `staging`, where the wheels of an earlier attempt are found again. */
const make = async (
  name: EngineName,
  pins: EnginePins,
  staging: string,
  options: InstallEngineOptions,
): Promise<void> => {
  const { signal, onStep = () => undefined } = options;
  const wheels = `${staging}-wheels`;
  await rm(staging, { recursive: true, force: true });
  await mkdir(staging, { recursive: true });
  const tellWheel = (wheel: Wheel, index: number, count: number): void =>
    onStep(`fetching ${wheel.package} ${wheel.version} (PyPI${count > 1 ? `, ${index + 1} of ${count}` : ''})`);
  const archives = await fetchWheels(pins, wheels, tellWheel, signal);
  onStep(`fetching ${pins.package} (npm)`);
  await installPackages(staging, pins, signal);
  onStep('unpacking');
  await unpackLibraries(archives, join(staging, 'node_modules', pins.package, 'deps'), signal);
  onStep('building the addon');
  await buildAddon(staging, pins, signal);
  onStep('trying it');
  await testEngine(staging, name, pins, signal);
  const metadata: EngineMetadata = { name, version: pins.version, wheels: wheelsOf(pins) };
  await writeFile(join(staging, metadataFile), JSON.stringify(metadata, null, 2) + '\n', { flush: true });
  await rm(wheels, { recursive: true, force: true });
};

/**
 * Installs TensorFlow as a tfjs backend from package registries alone: the binding from npm, the libraries from PyPI, each
 * with a pinned digest, and one call of the C++ compiler. It appears in the cache whole or not at all.
 * @throws TaxonError `failed_precondition` (a tool is missing, no GPU), `unavailable`, `resource_exhausted`, `cancelled`
 */
export const installEngine = async (name: EngineName, options: InstallEngineOptions = {}): Promise<InstalledEngine> => {
  const { cacheFolder = defaultCacheFolder(), force = false, signal } = options;
  const pins = pinsOf(name);
  const before = await findEngine(name, cacheFolder);
  if (before.state === 'installed' && !force) return { ...before, already: true };
  const { folder } = before;
  const staging = `${folder}.part`;
  try {
    if (name === 'tensorflow-gpu') expectCard();
    await checkTools(signal);
    await mkdir(dirname(folder), { recursive: true });
    return await withLock(`${staging}.lock`, signal, async () => {
      const found = await findEngine(name, cacheFolder); // another process may have made it while we waited
      if (found.state === 'installed' && !force) return { ...found, already: true };
      await make(name, pins, staging, options);
      await syncFolder(staging);
      await rm(folder, { recursive: true, force: true });
      await rename(staging, folder);
      await syncFolder(dirname(folder));
      return { ...(await findEngine(name, cacheFolder)), already: false };
    });
  } catch (error) {
    if (signal?.aborted)
      throw new TaxonError({ code: 'cancelled', message: `installing ${name} was cancelled`, cause: error });
    if (error instanceof TaxonError) throw error;
    throw (
      asDiskError(error, folder) ??
      new TaxonError({
        code: 'failed_precondition',
        message: `the cache ${cacheFolder} cannot be written: ${(error as Error).message}`,
        hint: 'Set TAXON_CACHE to a folder that can.',
        cause: error,
      })
    );
  }
};
