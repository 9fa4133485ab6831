import { TaxonError } from '@taxon/errors';

export interface GatherOptions {
  /** Items of a batch, at most. */
  most: number;
  /** Milliseconds without a further item after which a batch is not waited for any longer. @default 20 */
  flushAfter?: number;
  /** Aborting ends the waiting, too. */
  signal?: AbortSignal;
}

const late = Symbol('late');

/** A promise's value, or `late` where it does not come in time. Throws the signal's reason. */
const inTime = <T>(
  promise: Promise<T>,
  milliseconds: number | undefined,
  signal: AbortSignal | undefined,
): Promise<T | typeof late> =>
  new Promise((resolve, reject) => {
    const abort = (): void => settle(() => reject(TaxonError.from(signal!.reason)));
    const timer = milliseconds === undefined ? undefined : setTimeout(() => settle(() => resolve(late)), milliseconds);
    const settle = (act: () => void): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', abort);
      act();
    };
    signal?.addEventListener('abort', abort);
    promise.then(
      (value) => settle(() => resolve(value)),
      (error: unknown) => settle(() => reject(TaxonError.from(error))),
    );
  });

/**
 * Items in batches: full ones while they come fast, smaller ones where a batch would have to wait. The source is asked for one item at a time,
 * and released when the iteration ends.
 */
export async function* gatherRows<T>(
  items: AsyncIterable<T>,
  { most, flushAfter = 20, signal }: GatherOptions,
): AsyncGenerator<T[]> {
  const iterator = items[Symbol.asyncIterator]();
  /** What was asked for and has not come. */
  let asked: Promise<IteratorResult<T>> | undefined;
  try {
    for (;;) {
      const batch: T[] = [];
      while (batch.length < most) {
        asked ??= iterator.next();
        const item = await inTime(asked, batch.length === 0 ? undefined : flushAfter, signal);
        if (item === late) break;
        asked = undefined;
        if (item.done === true) {
          if (batch.length > 0) yield batch;
          return;
        }
        batch.push(item.value);
      }
      asked?.catch(() => undefined); // whoever asks for the next batch hears of it
      yield batch;
    }
  } finally {
    const released = iterator.return?.();
    // A source that is waited for ends when it can.
    if (asked === undefined) await released;
    else released?.catch(() => undefined);
  }
}
