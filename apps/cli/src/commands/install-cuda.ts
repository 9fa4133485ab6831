import { dirname } from 'node:path';
import { mkdir } from 'node:fs/promises';
import { unpack, withLock } from '@taxon/cache';
import { cudaFolder, cudaVersion, installCuda, isCudaInstalled } from '@taxon/compute';
import { fetchWheel, type InstallEngineOptions } from '@taxon/engines';

/** ONNX Runtime's CUDA provider and the CUDA libraries that it needs, into the shared cache. */
export const installCudaEngine = async ({
  force = false,
  signal,
  onStep,
}: InstallEngineOptions): Promise<{ folder: string; version: string; already: boolean }> => {
  const folder = cudaFolder();
  const result = { folder, version: cudaVersion };
  if (isCudaInstalled(folder) && !force) return { ...result, already: true };
  await mkdir(dirname(folder), { recursive: true });
  return withLock(`${folder}.lock`, signal, async () => {
    const already = isCudaInstalled(folder) && !force; // another process may have made it while we waited
    if (!already) await installCuda({ download: fetchWheel, unpack, folder, signal, onStep });
    return { ...result, already };
  });
};
