import { open, readFile, rm, stat, utimes } from 'node:fs/promises';
import { hostname } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';

/** How often the holder says that it is alive, and after how long a silence it counts as gone. */
const beatMilliseconds = 2_000;
const silenceMilliseconds = 15_000;

/**
 * Runs `work` while holding a lock file, so that two processes do not write one folder; waits while another one holds it.
 * A lock whose holder is gone is taken over.
 * @throws the signal's AbortError when it is aborted while waiting
 */
export const withLock = async <T>(
  path: string,
  signal: AbortSignal | undefined,
  work: () => Promise<T>,
): Promise<T> => {
  while (!(await take(path))) {
    if (await isOrphan(path)) await rm(path, { force: true });
    else await sleep(200, undefined, { signal });
  }
  const beat = setInterval(() => {
    const now = new Date();
    utimes(path, now, now).catch(() => undefined);
  }, beatMilliseconds);
  try {
    return await work();
  } finally {
    clearInterval(beat);
    await rm(path, { force: true });
  }
};

const holder = (): string => `${hostname()} ${process.pid}`;

const take = async (path: string): Promise<boolean> => {
  try {
    const file = await open(path, 'wx');
    await file.writeFile(holder());
    await file.close();
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
};

const isOrphan = async (path: string): Promise<boolean> => {
  const found = await stat(path).catch(() => undefined);
  if (found === undefined) return false;
  if (Date.now() - found.mtimeMs > silenceMilliseconds) return true;
  const [host, pid] = (await readFile(path, 'utf8').catch(() => '')).split(' ');
  // Process ids mean something on the same machine alone; a container has a host name of its own.
  return host === hostname() && pid !== undefined && !isAlive(Number(pid));
};

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH';
  }
};
