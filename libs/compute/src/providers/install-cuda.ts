import { existsSync } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { TaxonError } from '@taxon/errors';
import { cudaFolder, cudaRuntimeLibraries, cudaWheels, providerLibraries, type CudaWheel } from './cuda-libraries.ts';

export interface InstallCudaOptions {
  /** Fetches a wheel into a folder and checks its digest; returns its path. */
  download: (wheel: CudaWheel, folder: string, signal?: AbortSignal) => Promise<string>;
  /** Unpacks the files that `place` gives a place below `target`. */
  unpack: (
    archive: string,
    target: string,
    place: (name: string) => string | undefined,
    signal?: AbortSignal,
  ) => Promise<unknown>;
  /** @default below `TAXON_CACHE`, where a session looks for it */
  folder?: string;
  signal?: AbortSignal;
  /** Told of what begins. */
  onStep?: (step: string) => void;
}

const wanted: readonly string[] = [...providerLibraries, ...cudaRuntimeLibraries];

export const isCudaInstalled = (folder: string = cudaFolder()): boolean =>
  wanted.every((file) => existsSync(join(folder, file)));

/**
 * Fetches ONNX Runtime's CUDA provider and the CUDA libraries that it needs (1.2 GB), each wheel with a pinned digest. The
 * folder appears whole or not at all; two processes at once need a lock around this.
 * @returns the folder
 * @throws TaxonError `failed_precondition` on machines that the provider is not made for; what `download` throws
 */
export const installCuda = async (options: InstallCudaOptions): Promise<string> => {
  const { download, unpack, folder = cudaFolder(), signal, onStep } = options;
  if (process.platform !== 'linux' || process.arch !== 'x64')
    throw new TaxonError({
      code: 'failed_precondition',
      message: `ONNX Runtime's CUDA provider is for linux/x64, this is ${process.platform}/${process.arch}`,
      hint: 'Set device to webgpu or cpu.',
    });
  const staging = `${folder}.part`;
  const wheels = `${folder}.wheels`; // kept when a download fails: the next attempt goes on from there
  await rm(staging, { recursive: true, force: true });
  await mkdir(staging, { recursive: true });
  await mkdir(wheels, { recursive: true });
  for (const wheel of cudaWheels) {
    onStep?.(`fetching ${wheel.package} ${wheel.version} (PyPI)`);
    const archive = await download(wheel, wheels, signal);
    await unpack(archive, staging, (name) => wanted.find((file) => file === basename(name)), signal);
  }
  const missing = wanted.filter((file) => !existsSync(join(staging, file)));
  if (missing.length > 0) throw new TaxonError({ code: 'internal', message: `no wheel holds ${missing.join(', ')}` });
  await mkdir(dirname(folder), { recursive: true });
  await rm(folder, { recursive: true, force: true });
  await rename(staging, folder);
  await rm(wheels, { recursive: true, force: true });
  return folder;
};
