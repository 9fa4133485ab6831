import { readdir, readFile } from 'node:fs/promises';

const interval = 200;

/** Children of all threads of a process; none where the system does not say. */
const childrenOf = async (pid: number): Promise<number[]> => {
  const tasks = await readdir(`/proc/${pid}/task`).catch(() => []);
  const lists = await Promise.all(
    tasks.map((task) => readFile(`/proc/${pid}/task/${task}/children`, 'utf8').catch(() => '')),
  );
  return lists.flatMap((list) => list.split(' ').filter(Boolean).map(Number));
};

/** The highest resident set that a process has had, bytes. */
const highWaterMark = async (pid: number): Promise<number | undefined> => {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
  const kibibytes = /^VmHWM:\s+(\d+) kB$/mu.exec(status)?.[1];
  return kibibytes === undefined ? undefined : Number(kibibytes) * 1024;
};

/**
 * Watches a process and all that it starts. The answer is the sum of each process's own highest resident set: exact for
 * one process, and for several never less than what they held at once. Linux only.
 * @returns stops watching and tells the bytes, or undefined where the system does not say
 */
export const watchPeakMemory = (pid: number): (() => number | undefined) => {
  const marks = new Map<number, number>();
  const look = async (at: number): Promise<void> => {
    const mark = await highWaterMark(at);
    if (mark !== undefined) marks.set(at, Math.max(mark, marks.get(at) ?? 0));
    await Promise.all((await childrenOf(at)).map(look));
  };
  let looking = false;
  const timer = setInterval(() => {
    if (looking) return;
    looking = true;
    void look(pid).finally(() => (looking = false));
  }, interval);
  return () => {
    clearInterval(timer);
    return marks.size === 0 ? undefined : [...marks.values()].reduce((sum, mark) => sum + mark, 0);
  };
};
