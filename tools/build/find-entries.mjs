import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { build } from 'esbuild';
import { commonOptions, workspaceRoot } from './esbuild-options.mjs';

/**
 * The files that a package starts as a worker thread or as a process of their own, which no import leads to:
 * `"taxon": { "entries": { "training-job": "src/job-entry.ts" } }` in its package.json, paths from its folder.
 * @param {string} folder of the package
 * @returns {Promise<Record<string, string>>} name to absolute path
 */
export const declaredEntries = async (folder) => {
  const manifest = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8'));
  const entries = Object.entries(manifest.taxon?.entries ?? {}).map(([name, path]) => [name, resolve(folder, path)]);
  for (const [name, path] of entries)
    if (!existsSync(path))
      throw new Error(`${join(folder, 'package.json')}: taxon.entries.${name}: no such file: ${path}`);
  return Object.fromEntries(entries);
};

/** Every npm package is a stranger; the workspace's own are followed. */
const onlyOurSources = {
  name: 'only-our-sources',
  setup: ({ onResolve }) =>
    onResolve({ filter: /^[^./]/ }, ({ path, kind }) =>
      kind === 'entry-point' || path.startsWith('@taxon/') ? undefined : { path, external: true },
    ),
};

/** Folders of the workspace's packages whose sources the given files import, directly or not. */
const packagesBehind = async (files) => {
  const { metafile } = await build({
    ...commonOptions,
    entryPoints: files,
    outdir: 'unused',
    sourcemap: false,
    plugins: [onlyOurSources],
    // Two workers of the same file name may meet here; nothing is written.
    entryNames: '[dir]/[name]',
  });
  const folders = new Set();
  for (const input of Object.keys(metafile.inputs)) {
    let folder = dirname(resolve(workspaceRoot, input));
    while (!existsSync(join(folder, 'package.json')) && folder !== dirname(folder)) folder = dirname(folder);
    folders.add(folder);
  }
  return folders;
};

/**
 * The given entries and those of every package of the workspace that they, in turn, import.
 * @param {Record<string, string>} entries name to absolute path
 * @throws Error when two packages give the same name to different files
 */
export const withEntriesBehind = async (entries) => {
  const found = { ...entries };
  const seen = new Set();
  let files = Object.values(entries);
  while (files.length > 0) {
    const fresh = [];
    for (const folder of await packagesBehind(files)) {
      if (seen.has(folder)) continue;
      seen.add(folder);
      for (const [name, path] of Object.entries(await declaredEntries(folder))) {
        if (found[name] === path) continue;
        if (found[name] !== undefined) throw new Error(`two entries are called '${name}': ${found[name]} and ${path}`);
        found[name] = path;
        fresh.push(path);
      }
    }
    files = fresh;
  }
  return found;
};
