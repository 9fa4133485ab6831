import { existsSync } from 'node:fs';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { cudaRuntimeLibraries, cudaWheels, providerLibraries } from './cuda-libraries.ts';
import { installCuda, isCudaInstalled, type InstallCudaOptions } from './install-cuda.ts';

const isRightMachine = process.platform === 'linux' && process.arch === 'x64';
const all = [...providerLibraries, ...cudaRuntimeLibraries];

/** A registry whose wheels hold files by these names, and others that nobody wants. */
const registryOf = (files: readonly string[]): Pick<InstallCudaOptions, 'download' | 'unpack'> => ({
  download: (wheel, folder) => Promise.resolve(join(folder, `${wheel.package}.whl`)),
  unpack: async (archive, target, place) => {
    const inside = archive.includes('onnxruntime') ? ['onnxruntime/__init__.py', ...files.map((f) => `some/${f}`)] : [];
    for (const name of inside) {
      const path = place(name);
      if (path !== undefined) await writeFile(join(target, path), '');
    }
  },
});

describe.skipIf(!isRightMachine)('installing CUDA’s libraries (linux/x64)', () => {
  let root = '';
  beforeEach(async () => (root = await mkdtemp(join(tmpdir(), 'taxon-cuda-'))));
  afterEach(() => rm(root, { recursive: true }));

  it('makes a folder of the libraries alone', async () => {
    const folder = join(root, 'engines', 'cuda');
    const steps: string[] = [];
    expect(isCudaInstalled(folder)).toBe(false);
    await installCuda({ ...registryOf(all), folder, onStep: (step) => steps.push(step) });
    expect(isCudaInstalled(folder)).toBe(true);
    expect((await readdir(folder)).sort()).toEqual([...all].sort());
    expect(await readdir(join(root, 'engines'))).toEqual(['cuda']);
    expect(steps).toHaveLength(cudaWheels.length);
  });

  it('leaves no folder behind that lacks a library', async () => {
    const folder = join(root, 'cuda');
    await expect(installCuda({ ...registryOf(all.slice(1)), folder })).rejects.toThrow(`no wheel holds ${all[0]!}`);
    expect(existsSync(folder)).toBe(false);
  });
});
