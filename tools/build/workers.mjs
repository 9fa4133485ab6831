// Bundles what the libs start as worker threads and child processes to libs/LIB/dist/NAME.js. Tests run our sources as
// they are, but a worker is started by file name, and Node 20 runs no TypeScript.
// `node tools/build/workers.mjs [LIB …]`, all libs when none is named.
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { declaredEntries, withEntriesBehind } from './find-entries.mjs';
import { workspaceRoot } from './esbuild-options.mjs';
import { writeBundle } from './write-bundle.mjs';

const libs = join(workspaceRoot, 'libs');
const named = process.argv.slice(2);
for (const lib of named.length > 0 ? named : await readdir(libs)) {
  try {
    const folder = join(libs, lib);
    const own = await declaredEntries(folder);
    if (Object.keys(own).length === 0) continue;
    // A worker may start workers of the libs below it, and looks for them beside itself.
    const entries = await withEntriesBehind(own);
    const { files } = await writeBundle(entries, join(folder, 'dist'));
    console.log(`libs/${lib}: ${Object.keys(entries).join(', ')} (${files} files)`);
  } catch (error) {
    console.error(`libs/${lib}: cannot build its workers: ${error.message}`);
    process.exitCode = 1;
  }
}
