import { spawnSync } from 'node:child_process';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { replaceFolder } from './replace-folder.ts';
import { temporaryFolder } from './testing.ts';

const rules = { marker: 'ours', keep: [] };
const host = hostname().replaceAll('-', '_');
/** A process that was there and is no more. */
const deadPid = spawnSync(process.execPath, ['--version']).pid;

describe('a folder that a killed process was replacing', () => {
  let root = '';
  let target = '';
  beforeEach(async () => {
    root = await temporaryFolder();
    target = join(root, 'model');
  });
  afterEach(() => rm(root, { recursive: true }));
  const leave = async (role: string, pid: number, content: string): Promise<void> => {
    const folder = join(root, `.model.${role}-${host}-${pid}-0123abcd`);
    await mkdir(folder);
    await writeFile(join(folder, 'ours'), content);
  };

  it('loses what was half-written', async () => {
    await leave('partial', deadPid, 'half');
    await replaceFolder(target, rules, (fresh) => writeFile(join(fresh, 'ours'), 'new'));
    expect(await readdir(root)).toEqual(['model']);
    expect(await readFile(join(target, 'ours'), 'utf8')).toBe('new');
  });

  it('comes back when it was moved aside and nothing took its place, even if the next save fails', async () => {
    await leave('replaced', deadPid, 'old');
    const failing = replaceFolder(target, rules, () => Promise.reject(new Error('no')));
    await expect(failing).rejects.toThrow('no');
    expect(await readdir(root)).toEqual(['model']);
    expect(await readFile(join(target, 'ours'), 'utf8')).toBe('old');
  });

  it('leaves alone what a living process writes, and folders that only look alike', async () => {
    await leave('partial', process.ppid, 'busy');
    await mkdir(join(root, '.model.partial-notes'));
    await replaceFolder(target, rules, (fresh) => writeFile(join(fresh, 'ours'), 'new'));
    expect((await readdir(root)).sort()).toEqual(
      ['.model.partial-' + `${host}-${process.ppid}-0123abcd`, '.model.partial-notes', 'model'].sort(),
    );
  });
});
