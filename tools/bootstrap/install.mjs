import { readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { run, step, StepFailed, workspaceRoot } from './run.mjs';

const oldestNode = [20, 19];

const checkNode = () => {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major < oldestNode[0] || (major === oldestNode[0] && minor < oldestNode[1]))
    throw new StepFailed(`Node.js ${oldestNode.join('.')} or newer is needed, this is ${process.versions.node}`, 2);
};

const packagesOf = async (path) => {
  const text = await readFile(path, 'utf8').catch(() => undefined);
  return text === undefined ? undefined : JSON.parse(text).packages;
};

/**
 * Whether node_modules holds what package-lock.json asks for, by the list that npm itself leaves there. Packages that
 * lie there beside it, and optional ones of other platforms that do not, make no difference.
 */
export const isInstalled = async (root = workspaceRoot) => {
  const wanted = await packagesOf(join(root, 'package-lock.json'));
  const found = await packagesOf(join(root, 'node_modules', '.package-lock.json'));
  if (wanted === undefined || found === undefined) return false;
  return Object.entries(wanted).every(([path, { version, integrity, optional, devOptional, peer }]) => {
    if (!path.includes('node_modules/')) return true;
    const there = found[path];
    if (there === undefined) return Boolean(optional || devOptional || peer);
    return there.version === version && there.integrity === integrity;
  });
};

/** `npm ci`, unless there is nothing to install. Runs with npm 10 and 11, whichever started us. */
export const install = async () => {
  checkNode();
  if (await isInstalled()) return;
  const started = process.env.npm_execpath;
  const npm = started !== undefined && basename(started) === 'npm-cli.js' ? [process.execPath, started] : ['npm'];
  const [command, ...before] = npm;
  await step('Installing npm packages', () =>
    run(command, [...before, 'ci', '--include=dev', '--no-audit', '--no-fund', '--loglevel=error'], {
      quiet: true,
      // onnxruntime-node would otherwise download CUDA libraries that we do not use; its CPU provider is in the package.
      env: { ONNXRUNTIME_NODE_INSTALL: 'skip' },
    }),
  );
};
