import type { Database } from './database.ts';

/** Tells when there may be something new, of this process or another. */
export interface Watcher {
  /** @returns ends it */
  onChange(listener: () => void): () => void;
  /** This process wrote something. */
  wake(): void;
  close(): void;
}

/**
 * SQLite counts the commits of other connections; asking takes 5 µs. Watching the file instead would be told of every page
 * written, and of nothing on some file systems.
 */
export const createWatcher = (database: Database, interval: number): Watcher => {
  const listeners = new Set<() => void>();
  const version = database.prepareRows('PRAGMA data_version');
  let seen: unknown;
  let timer: NodeJS.Timeout | undefined;
  const wake = (): void => {
    for (const listener of listeners) listener();
  };
  const look = (): void => {
    const now = version()[0]![0];
    if (now === seen) return;
    seen = now;
    wake();
  };
  return {
    onChange: (listener) => {
      listeners.add(listener);
      timer ??= setInterval(look, interval);
      return () => {
        listeners.delete(listener);
        if (listeners.size > 0) return;
        clearInterval(timer);
        timer = undefined;
      };
    },
    wake,
    close: () => clearInterval(timer),
  };
};
