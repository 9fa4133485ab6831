import { constants } from 'node:os';
import { createRequire } from 'node:module';
import { existsSync } from 'node:fs';
import { rm, symlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { TaxonError } from '@taxon/errors';
import { cudaFolder, cudaRuntimeLibraries, providerLibraries } from './cuda-libraries.ts';

/** Where onnxruntime-node keeps its native code, and looks for providers. */
export const runtimeFolder = (): string => {
  const entry = createRequire(import.meta.url).resolve('onnxruntime-node'); // …/dist/index.js
  return join(dirname(entry), '..', 'bin', 'napi-v6', process.platform, process.arch);
};

const missing = (path: string): TaxonError =>
  new TaxonError({
    code: 'failed_precondition',
    message: `device cuda: its libraries are not installed (no ${path})`,
    hint: 'Run `taxon engine install cuda` (1.2 GB from PyPI), or set device to cpu.',
  });

/** ONNX Runtime looks for providers beside itself alone; `npm ci` empties that folder, so the libraries lie elsewhere. */
const linkProviders = async (from: string, into: string): Promise<void> => {
  for (const file of providerLibraries) {
    if (existsSync(join(into, file))) continue; // ours, or those of onnxruntime-node's own install script
    const source = join(from, file);
    if (!existsSync(source)) throw missing(source);
    try {
      await rm(join(into, file), { force: true }); // a link into a cache that is gone
      await symlink(source, join(into, file));
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code === 'EEXIST') continue; // another process was faster
      throw new TaxonError({
        code: 'permission_denied',
        message: `device cuda: ${file} could not be linked into ${into}: ${(cause as Error).message}`,
        hint: `Link ${source} there by hand.`,
        cause,
      });
    }
  }
};

/** The loader keeps it after Node has found that it is no addon of its own (glibc's RTLD_NODELETE). */
const keepLoaded = 0x1000;

/** Loads libraries so that the provider, which asks for them by name, finds them without LD_LIBRARY_PATH. */
const preload = (folder: string): void => {
  const { RTLD_LAZY, RTLD_GLOBAL } = constants.dlopen as Record<'RTLD_LAZY' | 'RTLD_GLOBAL', number>;
  for (const file of cudaRuntimeLibraries) {
    const path = join(folder, file);
    if (!existsSync(path)) continue; // the system's own CUDA then
    try {
      process.dlopen({ exports: {} }, path, RTLD_LAZY | RTLD_GLOBAL | keepLoaded);
    } catch {
      // Node expects an addon and says that this is none, having loaded it.
    }
  }
};

let opened: Promise<void> | undefined;

/**
 * Makes ONNX Runtime's CUDA provider loadable in this process.
 * @throws TaxonError `failed_precondition` where its libraries are not installed
 */
export const openCuda = (): Promise<void> => {
  opened ??= linkProviders(cudaFolder(), runtimeFolder()).then(() => preload(cudaFolder()));
  opened.catch(() => (opened = undefined)); // installed meanwhile: the next call may find them
  return opened;
};
