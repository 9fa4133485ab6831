// Bundles the app in the current folder: src/main.ts to dist/main.js, and beside it every worker and child process that
// the libs behind it declare. Used as `"build": "node ../../tools/build/bundle.mjs"`.
import { relative, resolve } from 'node:path';
import { declaredEntries, withEntriesBehind } from './find-entries.mjs';
import { workspaceRoot } from './esbuild-options.mjs';
import { writeBundle } from './write-bundle.mjs';

const folder = process.cwd();
const start = performance.now();
try {
  const own = { main: resolve(folder, 'src/main.ts'), ...(await declaredEntries(folder)) };
  const entries = await withEntriesBehind(own);
  const { files, bytes } = await writeBundle(entries, resolve(folder, 'dist'));
  const seconds = ((performance.now() - start) / 1000).toFixed(1);
  const name = relative(workspaceRoot, folder);
  console.log(
    `${name}: ${Object.keys(entries).join(', ')} (${files} files, ${(bytes / 1e6).toFixed(1)} MB, ${seconds} s)`,
  );
} catch (error) {
  console.error(`${relative(workspaceRoot, folder)}: cannot build: ${error.message}`);
  process.exitCode = 1;
}
