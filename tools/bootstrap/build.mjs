import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { run, step, workspaceRoot } from './run.mjs';

const script = (name) => join(workspaceRoot, 'tools', 'build', name);

/** Bundles the given packages (`apps/cli`), all at once. esbuild needs about a second each: nothing is cached. */
const bundle = (folders) =>
  Promise.all(
    folders.map((folder) =>
      run(process.execPath, [script('bundle.mjs')], { cwd: join(workspaceRoot, folder), quiet: true }),
    ),
  );

export const buildPackages = (...folders) => step(`Building ${folders.join(', ')}`, () => bundle(folders));

/** Everything that a test may start: all apps, and the workers of libs. */
export const buildForTests = () =>
  step('Building apps and workers', async () => {
    const apps = (await readdir(join(workspaceRoot, 'apps'))).map((name) => `apps/${name}`);
    const written = apps.filter((app) => existsSync(join(workspaceRoot, app, 'src/main.ts')));
    await run(process.execPath, [script('workers.mjs')], { quiet: true });
    await bundle(written);
  });
