import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { invalidInput } from '@taxon/errors';
import { openDatabase } from './embedded/database.ts';
import { createGroupCommit } from './embedded/group-commit.ts';

/** Values that effects change, by key. */
export interface EffectStore {
  get(key: string): string | undefined;
  /**
   * Notes a change, made when the effect is recorded, in the same transaction.
   * @param change of what the value is then; undefined: there is none. Must not wait for anything.
   */
  update(key: string, change: (before: string | undefined) => string | undefined): void;
}

export interface Effects extends AsyncDisposable {
  /** As of the last recorded effect. */
  readonly get: (key: string) => string | undefined;
  close(): Promise<void>;
  /** @internal what `once` is made of */
  readonly records: {
    /** What was recorded for the id, as JSON. */
    find(id: string): string | undefined;
    /** @returns what is recorded: by this call, or by one before it, which then stays */
    record(id: string, result: string, changes: readonly Change[]): Promise<{ result: string; first: boolean }>;
    readonly running: Map<string, Promise<unknown>>;
  };
}

interface Change {
  key: string;
  change: (before: string | undefined) => string | undefined;
}

export interface EffectsOptions {
  /** Whose effects these are; the same event has one effect in each. */
  scope: string;
  /**
   * Ids that the folder remembers, those of other scopes counted; older ones are forgotten: by number, since clocks jump.
   * @default 1,000,000 (about 100 bytes each)
   */
  keep?: number;
}

const schema = `
CREATE TABLE IF NOT EXISTS done (number INTEGER PRIMARY KEY AUTOINCREMENT, scope TEXT NOT NULL, id TEXT NOT NULL, result TEXT NOT NULL,
  UNIQUE (scope, id));
CREATE TABLE IF NOT EXISTS effects (scope TEXT NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY (scope, key)) WITHOUT ROWID;`;

/** @param folder `effects.sqlite` is made in it; `:memory:` keeps nothing */
export const openEffects = async (folder: string, { scope, keep = 1_000_000 }: EffectsOptions): Promise<Effects> => {
  if (!Number.isInteger(keep) || keep < 1)
    throw invalidInput(`keep is ${keep}; it must be a whole number of at least 1`);
  if (folder !== ':memory:') await mkdir(folder, { recursive: true });
  const file = folder === ':memory:' ? folder : join(folder, 'effects.sqlite');
  const database = openDatabase(file, { durability: 'full', schema });
  const commits = createGroupCommit(database);
  const sql = {
    find: database.prepare('SELECT result FROM done WHERE scope = ? AND id = ?'),
    record: database.prepare('INSERT INTO done (scope, id, result) VALUES (?, ?, ?) ON CONFLICT DO NOTHING'),
    forget: database.prepare('DELETE FROM done WHERE number <= ? AND scope = ?'),
    get: database.prepare('SELECT value FROM effects WHERE scope = ? AND key = ?'),
    put: database.prepare('INSERT OR REPLACE INTO effects (scope, key, value) VALUES (?, ?, ?)'),
    remove: database.prepare('DELETE FROM effects WHERE scope = ? AND key = ?'),
  };
  const find = (id: string) => (sql.find.get(scope, id) as { result: string } | undefined)?.result;
  const get = (key: string) => (sql.get.get(scope, key) as { value: string } | undefined)?.value;
  const apply = ({ key, change }: Change): void => {
    const value = change(get(key));
    if (value === undefined) sql.remove.run(scope, key);
    else sql.put.run(scope, key, value);
  };
  const record = (id: string, result: string, changes: readonly Change[]) =>
    commits.write(() => {
      const { changes: added, lastInsertRowid } = sql.record.run(scope, id, result);
      if (added === 0) return { result: find(id)!, first: false };
      changes.forEach(apply);
      if (Number(lastInsertRowid) % 100 === 0) sql.forget.run(Number(lastInsertRowid) - keep, scope);
      return { result, first: true };
    });
  const close = async (): Promise<void> => {
    await commits.idle();
    database[Symbol.dispose]();
  };
  return { get, close, [Symbol.asyncDispose]: close, records: { find, record, running: new Map() } };
};

/**
 * Does what an event is to cause, once: `fn`'s changes to the store and its result are recorded with the id in one transaction,
 * and where the id is recorded already `fn` is not called.
 *
 * Limits. What `fn` does outside the store may be done again: when its process dies before the record, or when two processes run
 * it at the same moment (one of them is recorded, both get that result). Let such work be the same when done twice: a job,
 * folder or file named after the event's id, an alias that is set. Effects of one folder are of one machine.
 * @param fn its result must be JSON; when it throws nothing is recorded
 */
export const once = async <Result>(
  { get, records }: Effects,
  id: string,
  fn: (store: EffectStore) => Promise<Result> | Result,
): Promise<{ result: Result; first: boolean }> => {
  // In this process, one after the other.
  for (let other = records.running.get(id); other !== undefined; other = records.running.get(id))
    await other.catch(() => undefined);
  const before = records.find(id);
  if (before !== undefined) return { result: JSON.parse(before) as Result, first: false };
  const run = async (): Promise<{ result: Result; first: boolean }> => {
    const changes: Change[] = [];
    const result = await fn({ get, update: (key, change) => void changes.push({ key, change }) });
    const recorded = await records.record(id, JSON.stringify(result ?? null), changes);
    return { result: JSON.parse(recorded.result) as Result, first: recorded.first };
  };
  const running = run();
  records.running.set(id, running);
  try {
    return await running;
  } finally {
    records.running.delete(id);
  }
};
