import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Apache-2.0; an S3 server over a folder that knows conditional writes and uploads in parts. */
const version = 'v1.8.0';
const module = 'github.com/versity/versitygw/cmd/versitygw';

/** The same place as libs/cache's, which cannot be imported before anything is installed. */
const cacheFolder = (env) => env.TAXON_CACHE || join(env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'taxon');

/** There is no server on this machine, and why. Tests that need one are skipped with it. */
export class NoServer extends Error {}

export const serverPath = (env = process.env) => join(cacheFolder(env), 's3', version, 'versitygw');

/**
 * The server's program, built from its source the first time (some minutes), then kept for all of a person's checkouts.
 * @returns {Promise<string>}
 * @throws {NoServer} where there is no Go, or Go cannot fetch or build it
 */
export const buildServer = async (env = process.env) => {
  const path = serverPath(env);
  if (existsSync(path)) return path;
  const folder = join(path, '..');
  await mkdir(folder, { recursive: true });
  // Beside its place, so that two processes may build at once and neither sees half a program.
  const temporary = await mkdtemp(join(folder, '.building-'));
  try {
    await run('go', ['install', `${module}@${version}`], { env: { ...env, GOBIN: temporary } });
    await rename(join(temporary, 'versitygw'), path);
    return path;
  } catch (error) {
    const reason = `${error.stderr ?? ''}`.split('\n').findLast((line) => line !== '' && !line.includes('downloading'));
    throw new NoServer(error.code === 'ENOENT' ? 'no go here' : `go: ${reason ?? error.message}`);
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
};
