import { existsSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import type { Skipped } from './benchmark.ts';

/** The workspace's root, from the source as well as from the bundle. */
export const findWorkspaceRoot = (from: string = import.meta.dirname): string => {
  let folder = from;
  while (!existsSync(join(folder, 'nx.json'))) {
    const parent = dirname(folder);
    if (parent === folder) throw new Error(`no nx.json in ${from} or above it`);
    folder = parent;
  }
  return folder;
};

/**
 * The folder of a benchmark's data: `TAXON_BENCH_DATA`, else `shared/data` beside the workspace. Data of others is not
 * ours to ship.
 */
export const findDataset = (
  workspaceRoot: string,
  name: string,
  environment: Readonly<Record<string, string | undefined>> = process.env,
): string | Skipped => {
  const data = resolve(environment.TAXON_BENCH_DATA ?? join(workspaceRoot, '..', 'shared', 'data'));
  const folder = join(data, name);
  const missing = ['train', 'validation', 'test'].find((part) => !existsSync(join(folder, `${part}.jsonl`)));
  if (missing === undefined) return folder;
  return { skipped: `no ${missing}.jsonl in ${folder}; TAXON_BENCH_DATA names the folder that holds ${name}/` };
};
