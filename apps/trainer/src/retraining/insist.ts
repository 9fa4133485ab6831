import { setTimeout } from 'node:timers/promises';
import { TaxonError } from '@taxon/errors';
import type { Logger } from 'pino';

/** Milliseconds between attempts: doubled each time. */
export interface BackOff {
  /** @default 500 */
  first?: number;
  /** @default 30,000 */
  longest?: number;
}

/**
 * Does what needs a registry or a bus, however long these are away.
 * @returns a call whose promise rejects with whatever is not `unavailable`, and once the signal aborts
 */
export const createInsist =
  ({ signal, log, first = 500, longest = 30_000 }: BackOff & { signal: AbortSignal; log: Logger }) =>
  async <Result>(act: () => Promise<Result>): Promise<Result> => {
    for (let failures = 0; ; failures++)
      try {
        return await act();
      } catch (thrown) {
        signal.throwIfAborted();
        const error = TaxonError.from(thrown);
        if (error.code !== 'unavailable') throw error;
        log.warn({ err: error }, 'tried again');
        await setTimeout(Math.min(longest, first * 2 ** failures), undefined, { signal });
      }
  };
