import type { Database } from './database.ts';
import type { Appended } from './event-log.ts';

/** Partitions, by id, that may have something new. @default all */
export type Changed = ReadonlySet<number> | undefined;

/** Tells when there may be something new, of this process or another. */
export interface Watcher {
  /** @returns ends it */
  onChange(listener: (changed: Changed) => void): () => void;
  /** This process wrote something. */
  wake(appended?: Appended): void;
  close(): void;
}

/**
 * SQLite counts the commits of other connections; asking takes 5 µs. Watching the file instead would be told of every page
 * written, and of nothing on some file systems.
 * @param last the id of the newest event
 */
export const createWatcher = (
  database: Database,
  { interval, last }: { interval: number; last: () => number },
): Watcher => {
  const listeners = new Set<(changed: Changed) => void>();
  const version = database.prepareRows('PRAGMA data_version');
  let seenVersion: unknown;
  /** Of events up to here the listeners were told. */
  let seen = 0;
  let timer: NodeJS.Timeout | undefined;
  const tell = (changed: Changed): void => {
    for (const listener of listeners) listener(changed);
  };
  const look = (): void => {
    const now = version()[0]![0];
    if (now === seenVersion) return;
    seenVersion = now;
    const newest = last();
    // An acknowledgement, a beat: no event.
    if (newest === seen) return;
    seen = newest;
    tell(undefined);
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
    wake: (appended) => {
      // Another process's events may lie between.
      if (appended !== undefined && appended.first === seen + 1) seen = appended.last;
      tell(appended?.partitions);
    },
    close: () => clearInterval(timer),
  };
};
