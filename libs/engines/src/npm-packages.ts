import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { EnginePins } from './pins.ts';
import { runTool, tools, type RunToolOptions } from './run-tool.ts';
import lock from './tensorflow-lock.json' with { type: 'json' };

interface Manifest {
  dependencies?: Record<string, string>;
  [key: string]: unknown;
}
export interface Lock {
  packages: Record<string, Manifest>;
  [key: string]: unknown;
}

const locked = '@tensorflow/tfjs-node';

/** The lock file, made with the variant without GPU, for either: they need the same packages. */
export const lockFor = ({ package: name, integrity }: Pick<EnginePins, 'package' | 'integrity'>): Lock => {
  const { packages, ...rest } = structuredClone(lock) as unknown as Lock;
  const renamed = Object.entries(packages).map(([path, manifest]): [string, Manifest] => {
    if (path === '') {
      const { [locked]: version, ...others } = manifest.dependencies!;
      return [path, { ...manifest, dependencies: { ...others, [name]: version! } }];
    }
    return path === `node_modules/${locked}` ? [`node_modules/${name}`, { ...manifest, integrity }] : [path, manifest];
  });
  return { ...rest, packages: Object.fromEntries(renamed) };
};

/** Puts the binding's packages into `folder`/node_modules, each with the digest of the lock file; no package's script runs. */
export const installPackages = async (folder: string, pins: EnginePins, signal?: AbortSignal): Promise<void> => {
  const lockFile = lockFor(pins);
  const manifest = { name: 'taxon-engine', private: true, dependencies: lockFile.packages['']!.dependencies };
  await writeFile(join(folder, 'package.json'), JSON.stringify(manifest, null, 2));
  await writeFile(join(folder, 'package-lock.json'), JSON.stringify(lockFile, null, 2));
  const options: RunToolOptions = { cwd: folder, signal };
  await runTool(tools().npm, ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'], options);
};
