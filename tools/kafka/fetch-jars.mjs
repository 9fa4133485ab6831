import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { cp, mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);
const pom = fileURLToPath(new URL('pom.xml', import.meta.url));

/** The same place as libs/cache's, which cannot be imported before anything is installed. */
const cacheFolder = (env) => env.TAXON_CACHE || join(env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'taxon');

/** There is no broker on this machine, and why. Tests that need one are skipped with it. */
export class NoBroker extends Error {}

const mustRun = async (command, args) => {
  try {
    await run(command, args);
  } catch (error) {
    throw new NoBroker(error.code === 'ENOENT' ? `no ${command} here` : `${command}: ${error.message.split('\n')[0]}`);
  }
};

const download = async (folder) => {
  await mkdir(folder, { recursive: true });
  // Beside its place, so that two processes may fetch at once and the one that is last finds it done.
  const temporary = await mkdtemp(join(folder, '.fetching-'));
  try {
    await cp(pom, join(temporary, 'pom.xml'));
    const goal = ['dependency:copy-dependencies', '-DoutputDirectory=jars', '-DincludeScope=runtime'];
    try {
      await run('mvn', ['-q', '-B', '-f', join(temporary, 'pom.xml'), ...goal]);
    } catch (error) {
      const reason = `${error.stdout ?? ''}${error.stderr ?? ''}`.split('\n').find((line) => line.includes('ERROR'));
      throw new NoBroker(error.code === 'ENOENT' ? 'no mvn here' : `Maven: ${reason ?? error.message}`);
    }
    await writeFile(join(temporary, 'jars', 'complete'), '');
    return await rename(join(temporary, 'jars'), join(folder, 'jars')).catch((error) => {
      if (!existsSync(join(folder, 'jars', 'complete'))) throw error;
    });
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
};

/**
 * The folder of the broker's jars, fetched by Maven the first time (43 MB), then kept for all of a person's checkouts.
 * @returns {Promise<string>}
 * @throws {NoBroker} where Java or Maven are missing, or Maven cannot fetch
 */
export const fetchJars = async (env = process.env) => {
  await mustRun('java', ['-version']);
  // One folder for each set of versions.
  const digest = createHash('sha256')
    .update(await readFile(pom))
    .digest('hex')
    .slice(0, 12);
  const folder = join(cacheFolder(env), 'kafka', digest);
  if (!existsSync(join(folder, 'jars', 'complete'))) await download(folder);
  return join(folder, 'jars');
};
