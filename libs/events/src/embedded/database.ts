import { setTimeout as sleep } from 'node:timers/promises';
import { TaxonError } from '@taxon/errors';
import Libsql from 'libsql';

export type Value = string | number | Uint8Array | null;

/** What is used of a prepared statement. Rows are objects. */
export interface Statement {
  run(...values: Value[]): { changes: number; lastInsertRowid: number | bigint };
  /** The same for many values. */
  runAll(values: readonly Value[]): { changes: number; lastInsertRowid: number | bigint };
  get(...values: Value[]): unknown;
  all(...values: Value[]): unknown[];
}

export interface DatabaseOptions {
  /**
   * `full`: what was written is there after a power failure, one fsync a transaction. `normal`: after a killed process, and after
   * a power failure up to the last full one.
   */
  durability: 'full' | 'normal';
  /** Pages that the file may have: for tests of a full disk. */
  maxPages?: number;
  /** Of a file that is new, bytes. @default 4,096 */
  pageSize?: number;
  /** Statements that make the tables where they are missing. */
  schema: string;
}

export interface Database extends Disposable {
  prepare(sql: string): Statement;
  /** The same, with rows as arrays: quicker, and blobs come as buffers. */
  prepareRows(sql: string): (...values: Value[]) => unknown[][];
  exec(sql: string): void;
  pragma(text: string): unknown;
  /**
   * Runs `change` in a transaction of its own: all of it or nothing, and nobody else writes meanwhile. Must not wait for anything.
   * While another process writes it is tried again, without holding the event loop up.
   * @throws TaxonError `resource_exhausted` (disk full), `unavailable` (others write all the time), or what `change` throws
   */
  write<T>(change: () => T): Promise<T>;
  /** The same for a change that is a single statement, and so a transaction by itself: it takes half the time. */
  writeOne<T>(change: () => T): Promise<T>;
}

/** SQLite itself waits so long, which holds the event loop up; then we do. ms */
const busyTimeout = 5;
/** Of our own waiting, ms. */
const longestWait = 30_000;

const codeOf = (error: unknown): string =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';

export const isBusy = (error: unknown): boolean => codeOf(error).startsWith('SQLITE_BUSY');

/** SQLite's errors in our codes; others as they are. */
export const databaseError = (error: unknown, file: string): unknown => {
  const code = codeOf(error);
  if (!code.startsWith('SQLITE_')) return error;
  const because = (error as Error).message;
  const as = (known: TaxonError['code'], message: string, hint?: string) =>
    new TaxonError({ code: known, message: `${file}: ${message}`, hint, cause: error });
  if (code === 'SQLITE_FULL')
    return as('resource_exhausted', 'the disk is full; nothing was written', 'Make room; it goes on by itself.');
  if (code.startsWith('SQLITE_BUSY')) return as('unavailable', `others have written for ${longestWait / 1000} s`);
  if (code.startsWith('SQLITE_READONLY') || code.startsWith('SQLITE_PERM') || code.startsWith('SQLITE_CANTOPEN'))
    return as('permission_denied', `cannot be opened for writing: ${because}`);
  if (code.startsWith('SQLITE_CORRUPT') || code.startsWith('SQLITE_NOTADB'))
    return as('failed_precondition', `is damaged: ${because}`, 'Move it away; a new one is made.');
  return as('internal', `${because} (${code})`);
};

/** @param file `:memory:` keeps nothing */
export const openDatabase = (
  file: string,
  { durability, maxPages, pageSize = 4_096, schema }: DatabaseOptions,
): Database => {
  const guard = <T>(act: () => T): T => {
    try {
      return act();
    } catch (error) {
      throw databaseError(error, file);
    }
  };
  // Several processes may make the file at the same moment.
  const database = guard(() => new Libsql(file, { timeout: longestWait }));
  guard(() => {
    for (const pragma of [`page_size = ${pageSize}`, 'journal_mode = WAL', `synchronous = ${durability}`])
      database.pragma(pragma);
    if (maxPages !== undefined) database.pragma(`max_page_count = ${maxPages}`);
    database.exec(schema);
    database.pragma(`busy_timeout = ${busyTimeout}`);
  });

  let wasFull = false;
  /** Up to 1,000 pages lie in the journal before they are brought into the file; where room is scarce, 100. */
  const noteFull = (): void => {
    wasFull = true;
    database.pragma('wal_autocheckpoint = 100');
  };
  /** The journal would take all the room that was made, so it is emptied first. */
  const emptyJournal = (): void => {
    try {
      database.pragma('wal_checkpoint(TRUNCATE)');
      wasFull = false;
    } catch {
      // Still full; so says the write that follows.
    }
  };
  const [begin, commit] = [database.prepare('BEGIN IMMEDIATE'), database.prepare('COMMIT')];
  // Nothing is awaited within: others share the connection.
  const attempt = async <T>(transaction: () => T): Promise<T> => {
    for (const start = performance.now(); ; await sleep(1 + 3 * Math.random())) {
      if (wasFull) emptyJournal();
      try {
        return transaction();
      } catch (error) {
        if (isBusy(error) && performance.now() - start < longestWait) continue;
        if (codeOf(error) === 'SQLITE_FULL') noteFull();
        throw databaseError(error, file);
      }
    }
  };
  return {
    prepare: (sql) => {
      const statement = guard(() => database.prepare(sql));
      const runAll = (values: readonly Value[]) => statement.run(values);
      return Object.assign(statement as unknown as Omit<Statement, 'runAll'>, { runAll });
    },
    prepareRows: (sql) => {
      const statement = guard(() => database.prepare(sql).raw());
      return (...values) => statement.all(...values) as unknown[][];
    },
    exec: (sql) => void guard(() => database.exec(sql)),
    pragma: (text) => guard(() => database.pragma(text)),
    write: (change) =>
      attempt(() => {
        begin.run();
        try {
          const result = change();
          commit.run();
          return result;
        } catch (error) {
          // A full disk ends the transaction by itself.
          if (database.inTransaction) database.exec('ROLLBACK');
          throw error;
        }
      }),
    writeOne: (change) => attempt(change),
    [Symbol.dispose]: () => database.close(),
  };
};
