import type { Database } from './database.ts';

interface Waiting {
  change: () => unknown;
  resolve: (value: unknown) => void;
  reject: (error: unknown) => void;
}

/** Changes in one transaction: it holds the event loop up while it is written. */
const largestGroup = 1_000;

/** Changes that come at the same time share a transaction, and so its fsync. Each still fails alone. */
export const createGroupCommit = (database: Database) => {
  const waiting: Waiting[] = [];
  let writing: Promise<void> | undefined;

  const writeAlone = async ({ change, resolve, reject }: Waiting): Promise<void> => {
    try {
      resolve(await database.write(change));
    } catch (error) {
      reject(error);
    }
  };
  const writeGroup = async (group: readonly Waiting[]): Promise<void> => {
    if (group.length === 1) return writeAlone(group[0]!);
    let results: unknown[];
    try {
      results = await database.write(() => group.map(({ change }) => change()));
    } catch {
      // One that fails takes the transaction with it; the others are not to blame.
      for (const each of group) await writeAlone(each);
      return;
    }
    group.forEach(({ resolve }, i) => resolve(results[i]));
  };
  const writeAll = async (): Promise<void> => {
    // Whoever else has something to write in this turn of the event loop comes along.
    await new Promise(setImmediate);
    while (waiting.length > 0) await writeGroup(waiting.splice(0, largestGroup));
    writing = undefined;
  };
  return {
    /** Resolves with what `change` returned, once that is durable. */
    write: <T>(change: () => T): Promise<T> =>
      new Promise<T>((resolve, reject) => {
        waiting.push({ change, resolve: resolve as (value: unknown) => void, reject });
        writing ??= writeAll();
      }),
    /** What was asked for is written. */
    idle: async (): Promise<void> => {
      while (writing !== undefined) await writing;
    },
  };
};
