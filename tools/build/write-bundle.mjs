import { mkdir, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { build, formatMessages } from 'esbuild';
import { commonOptions } from './esbuild-options.mjs';

const hour = 3_600_000;

/** Chunks of an earlier build may still be wanted by a running process, so they go only when they are an hour old. */
const removeStaleChunks = async (folder, current) => {
  for (const name of await readdir(folder)) {
    if (!name.startsWith('chunk-') || current.has(name)) continue;
    const path = join(folder, name);
    const found = await stat(path).catch(() => undefined);
    if (found !== undefined && Date.now() - found.mtimeMs > hour) await rm(path, { force: true });
  }
};

/**
 * Bundles the entries into `folder`. Each file is written whole under another name and then renamed, chunks before the
 * entries that import them: a build beside this one, or a process that starts meanwhile, never sees half a file.
 * @param {Record<string, string>} entries name of the output (`NAME.js`) to source file, absolute
 * @param {string} folder absolute
 * @returns {Promise<{ files: number, bytes: number }>} source maps not counted
 * @throws Error whose message lists esbuild's errors with file and line
 */
export const writeBundle = async (entries, folder) => {
  const result = await build({ ...commonOptions, entryPoints: entries, outdir: folder }).catch(async (failure) => {
    if (!Array.isArray(failure.errors)) throw failure;
    throw new Error((await formatMessages(failure.errors, { kind: 'error', color: process.stderr.isTTY })).join(''));
  });
  for (const line of await formatMessages(result.warnings, { kind: 'warning' })) process.stderr.write(line);

  await mkdir(folder, { recursive: true });
  const isEntry = (path) => Object.keys(entries).some((name) => path === join(folder, `${name}.js`));
  const outputs = [...result.outputFiles].sort((a, b) => Number(isEntry(a.path)) - Number(isEntry(b.path)));
  for (const { path, contents } of outputs) {
    const partial = `${path}.${process.pid}.part`;
    await writeFile(partial, contents);
    await rename(partial, path);
  }
  await removeStaleChunks(folder, new Set(outputs.map(({ path }) => path.slice(folder.length + 1))));

  const code = outputs.filter(({ path }) => path.endsWith('.js'));
  return { files: code.length, bytes: code.reduce((sum, { contents }) => sum + contents.length, 0) };
};
