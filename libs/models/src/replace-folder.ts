import { randomBytes } from 'node:crypto';
import { mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises';
import { hostname } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';
import { isDiskFull, TaxonError } from '@taxon/errors';

const codeOf = (error: unknown): string | undefined => (error as NodeJS.ErrnoException | undefined)?.code;

const forbidden = new Set(['EACCES', 'EPERM', 'EROFS', 'ENOTDIR']);

/** What the file system refused, in our terms. */
const asTaxonError = (error: unknown, target: string): unknown => {
  const code = codeOf(error);
  if (error instanceof TaxonError || code === undefined) return error;
  if (isDiskFull(error))
    return new TaxonError({
      code: 'resource_exhausted',
      message: `no room to write ${target}: ${(error as Error).message}`,
      hint: 'Free some space or choose another folder, then save again. Nothing was left half-written.',
      cause: error,
    });
  if (forbidden.has(code))
    return new TaxonError({
      code: 'failed_precondition',
      message: `${target} cannot be written: ${(error as Error).message}`,
      cause: error,
    });
  return error;
};

/** What was written is on the disk when this returns, as far as the disk tells the truth. */
const sync = async (path: string): Promise<void> => {
  const file = await open(path, 'r');
  try {
    await file.sync();
  } finally {
    await file.close();
  }
};

const syncTree = async (folder: string): Promise<void> => {
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    await (entry.isDirectory() ? syncTree(path) : sync(path));
  }
  await sync(folder);
};

const entriesOf = async (folder: string): Promise<string[] | undefined> => {
  try {
    return await readdir(folder);
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw error;
  }
};

export interface ReplaceRules {
  /** Entry whose presence says that a folder is ours to replace. */
  marker: string;
  /** Entries that stay, carried over into the new folder; a folder of these alone is ours, too. */
  keep: readonly string[];
}

/**
 * Refuses a target that `replaceFolder` would refuse.
 * @throws TaxonError `already_exists` for a file, and for a folder with anything that is not ours
 */
export const expectReplaceable = async (target: string, { marker, keep }: ReplaceRules): Promise<void> => {
  const found = await stat(target).catch(() => undefined);
  if (found && !found.isDirectory())
    throw new TaxonError({ code: 'already_exists', message: `${target} is a file; it must be a folder or not exist` });
  const entries = (found && (await entriesOf(target))) ?? [];
  const foreign = entries.find((name) => !keep.includes(name));
  if (foreign !== undefined && !entries.includes(marker))
    throw new TaxonError({
      code: 'already_exists',
      message: `${target} holds '${foreign}' and no ${marker}: it is not a folder that Taxon wrote, and stays as it is`,
      hint: 'Choose another folder, or empty this one.',
    });
};

type Role = 'partial' | 'replaced';

const hostPart = hostname().replaceAll('-', '_');

/** A hidden name beside the target, which tells whose it is. */
const siblingName = (target: string, role: Role): string =>
  `.${basename(target)}.${role}-${hostPart}-${process.pid}-${randomBytes(4).toString('hex')}`;

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return codeOf(error) === 'EPERM';
  }
};

/** Nothing takes a day to write: what another machine left for so long was left behind. */
const longestWrite = 24 * 60 * 60 * 1000;

/** Siblings of a target that processes which are no more left behind. */
const abandoned = async (target: string): Promise<{ name: string; role: Role }[]> => {
  const prefix = `.${basename(target)}.`;
  const found: { name: string; role: Role }[] = [];
  for (const name of (await entriesOf(dirname(target))) ?? []) {
    if (!name.startsWith(prefix)) continue;
    const parts = /^(partial|replaced)-([^-]+)-(\d+)-[0-9a-f]{8}$/.exec(name.slice(prefix.length));
    if (parts === null) continue;
    const [role, host, pid] = parts.slice(1) as [Role, string, string];
    const changed = await stat(join(dirname(target), name)).catch(() => undefined);
    if (changed === undefined) continue;
    const old = Date.now() - changed.mtimeMs > longestWrite;
    if (old || (host === hostPart && !isAlive(Number(pid)))) found.push({ name, role });
  }
  return found;
};

/** After a crash: what was half-written goes, what was moved aside and not replaced comes back. */
const recover = async (target: string): Promise<void> => {
  for (const { name, role } of await abandoned(target)) {
    const path = join(dirname(target), name);
    if (role === 'replaced' && (await entriesOf(target)) === undefined) await rename(path, target);
    else await rm(path, { recursive: true, force: true });
  }
};

/** Puts `fresh` in `target`'s place. Two renames: a crash between them leaves the old folder whole beside it. */
const swap = async (fresh: string, target: string, old: string, keep: readonly string[]): Promise<void> => {
  const before = await entriesOf(target);
  if (before !== undefined) await rename(target, old);
  try {
    await rename(fresh, target);
  } catch (error) {
    if (before !== undefined) await rename(old, target);
    throw error;
  }
  for (const name of keep) if (before?.includes(name)) await rename(join(old, name), join(target, name));
  await sync(dirname(target));
  await rm(old, { recursive: true, force: true });
};

/**
 * Writes a folder whole or not at all: `write` fills a hidden sibling, which is synced and renamed into place.
 * @throws TaxonError `already_exists`, `resource_exhausted` when the disk is full, `failed_precondition` when it is read-only
 */
export const replaceFolder = async (
  folder: string,
  rules: ReplaceRules,
  write: (fresh: string) => Promise<void>,
): Promise<void> => {
  const target = resolve(folder);
  const sibling = (role: Role): string => join(dirname(target), siblingName(target, role));
  const fresh = sibling('partial');
  try {
    await recover(target);
    await expectReplaceable(target, rules);
    await mkdir(fresh, { recursive: true });
    await write(fresh);
    await syncTree(fresh);
    await swap(fresh, target, sibling('replaced'), rules.keep);
  } catch (error) {
    await rm(fresh, { recursive: true, force: true });
    throw asTaxonError(error, target);
  }
};
