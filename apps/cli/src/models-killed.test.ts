import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { openPlace, openRegistry } from '@taxon/registry';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bin, runProgram } from './testing.ts';

let root: string;
beforeAll(async () => (root = await mkdtemp(join(tmpdir(), 'taxon-killed-'))));
afterAll(() => rm(root, { recursive: true }));

const files = 12;
const bytes = 1_000_000;
/** A folder whose files say which one it is. */
const makeModel = async (name: string): Promise<string> => {
  const folder = join(root, name);
  await mkdir(folder);
  for (let i = 0; i < files; i++)
    await writeFile(join(folder, `part-${i}`), Buffer.alloc(bytes, i % 3 === 0 ? 'the same' : `${name} ${i} `));
  return folder;
};
const args = (registry: string, folder: string) => [bin, 'models', 'register', 'm', folder, '--registry', registry];

describe('processes that register', () => {
  it('get a number each when they do it at once', async () => {
    const registry = join(root, 'at-once');
    const names = ['a', 'b', 'c', 'd', 'e'];
    const folders = await Promise.all(names.map(makeModel));
    const all = folders.map((folder) =>
      runProgram(process.execPath, [...args(registry, folder), '--json'], { cwd: root }),
    );
    const versions = (await Promise.all(all)).map(({ out }) => (JSON.parse(out) as { version: number }).version);
    expect(versions.toSorted()).toEqual([1, 2, 3, 4, 5]);
  });

  it('leave nothing half-written when they are killed, whenever that is', async () => {
    const registry = join(root, 'killed');
    const opened = () => openRegistry(openPlace(registry));
    const pauses = [150, 250, 300, 340, 380, 420, 460, 500, 600, 800];
    const seen = { registered: 0, killed: 0 };
    for (const [i, pause] of pauses.entries()) {
      const folder = await makeModel(`killed-${i}`);
      const child = spawn(process.execPath, args(registry, folder), { stdio: 'ignore' });
      const exited = once(child, 'exit');
      await Promise.race([setTimeout(pause), exited]);
      child.kill('SIGKILL');
      const [code] = (await exited) as [number | null];
      const { versions } = await opened()
        .describe('m')
        .catch(() => ({ versions: [] }));
      if (code === 0) seen.registered++;
      else seen.killed++;
      // It was told to be there, or its end was not heard of: either way what is there is whole.
      expect(versions.length).toBeGreaterThanOrEqual(seen.registered);
      for (const version of versions.slice(-1)) {
        const out = await opened().checkOut(version);
        const made = (await readFile(join(out, 'part-1'), 'utf8')).split(' ')[0]!;
        for (let part = 0; part < files; part++) {
          const wanted = await readFile(join(root, made, `part-${part}`));
          expect((await readFile(join(out, `part-${part}`))).equals(wanted)).toBe(true);
        }
      }
      // The next one is not held up by what was left.
      const again = await runProgram(process.execPath, [...args(registry, folder), '--json'], { cwd: root });
      expect(again.code).toBe(0);
      seen.registered += code === 0 ? 0 : 1;
      expect((await opened().describe('m')).versions).toHaveLength(i + 1);
    }
    expect(seen.killed).toBeGreaterThan(0);
  }, 120_000);
});
