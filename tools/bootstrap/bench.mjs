// `npm run bench -- NAME [--json] [options]` on a fresh clone: installs, builds, runs one benchmark of tools/bench.
import { join } from 'node:path';
import { buildPackages } from './build.mjs';
import { install } from './install.mjs';
import { main, run, workspaceRoot } from './run.mjs';

await main(async () => {
  await install();
  await buildPackages('tools/bench', 'apps/cli');
  return run(process.execPath, [join(workspaceRoot, 'tools/bench/dist/main.js'), ...process.argv.slice(2)], {
    mayFail: true,
  });
});
