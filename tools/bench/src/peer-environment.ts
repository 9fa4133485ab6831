import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { TaxonError } from '@taxon/errors';
import type { Skipped } from './benchmark.ts';
import { runChild, type ChildResult } from './run-child.ts';

/** The peers' own Python, with the packages of python/requirements.txt. */
export interface PeerEnvironment {
  python: string;
  /** Runs one of tools/bench/python's scripts; its last line is its answer. */
  run(script: string, args: readonly string[], signal?: AbortSignal): Promise<ChildResult>;
}

export interface PeerEnvironmentOptions {
  workspaceRoot: string;
  say: (line: string) => void;
  signal?: AbortSignal;
  /** Python to build from. @default TAXON_PEER_PYTHON, else python3 */
  basePython?: string;
}

export const peerFolder = (workspaceRoot: string): string => join(workspaceRoot, '.cache', 'peers');

/** The environment's Python, whether it is built or not. */
export const peerPython = (workspaceRoot: string): string =>
  join(peerFolder(workspaceRoot), 'venv', process.platform === 'win32' ? 'Scripts/python.exe' : 'bin/python');

const scripts = (workspaceRoot: string): string => join(workspaceRoot, 'tools', 'bench', 'python');

/** Written last, with a digest of what was installed: an interrupted build is not believed. */
const markerOf = (workspaceRoot: string): string => join(peerFolder(workspaceRoot), 'venv', 'complete');

const requirementsDigest = async (path: string): Promise<string> =>
  createHash('sha256')
    .update(await readFile(path))
    .digest('hex');

const build = async (python: string, requirements: string, options: PeerEnvironmentOptions): Promise<void> => {
  const { workspaceRoot, say, signal } = options;
  const venv = join(peerFolder(workspaceRoot), 'venv');
  say('building the Python environment of the peers in .cache/peers (once; PyTorch is large) …');
  await rm(venv, { recursive: true, force: true });
  await mkdir(dirname(venv), { recursive: true });
  await runChild(python, ['-m', 'venv', venv], { signal });
  const pip = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--requirement', requirements];
  const { seconds } = await runChild(peerPython(workspaceRoot), pip, { signal });
  say(`  done in ${seconds.toFixed(0)} s`);
};

/**
 * The Python environment of the peers, built where it is missing or its requirements have changed.
 * @returns why there is none where Python is missing or the packages cannot be installed
 */
export const preparePeerEnvironment = async (options: PeerEnvironmentOptions): Promise<PeerEnvironment | Skipped> => {
  const { workspaceRoot, signal, basePython = process.env.TAXON_PEER_PYTHON ?? 'python3' } = options;
  const requirements = join(scripts(workspaceRoot), 'requirements.txt');
  const digest = await requirementsDigest(requirements);
  const marker = markerOf(workspaceRoot);
  const python = peerPython(workspaceRoot);
  const built = existsSync(marker) && (await readFile(marker, 'utf8')).trim() === digest && existsSync(python);
  if (!built) {
    const found = await runChild(basePython, ['--version']).then(
      () => true,
      () => false,
    );
    if (!found) return { skipped: `no ${basePython} here` };
    try {
      await build(basePython, requirements, options);
    } catch (error) {
      const known = TaxonError.from(error);
      if (known.code === 'cancelled') throw known;
      return { skipped: `the Python environment cannot be built: ${known.message.trim()}` };
    }
    await writeFile(marker, `${digest}\n`);
  }
  return {
    python,
    run: (script, args, stop = signal) =>
      runChild(python, [join(scripts(workspaceRoot), script), ...args], { signal: stop }),
  };
};
