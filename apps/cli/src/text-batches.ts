/** Few enough to answer soon, many enough to fill the model's batches. */
export const textsInABatch = 512;

const idle = Symbol('idle');
/** After what is already read has been handed on. */
const nothingWaits = (): Promise<typeof idle> => new Promise((resolve) => setImmediate(resolve, idle));

/**
 * Groups what a source yields, at most `size` together. A batch goes out early when the source has nothing more for now,
 * so that `tail -f … | taxon predict model/ -` answers each line as it comes.
 */
export async function* inBatches<T>(source: AsyncIterable<T>, size = textsInABatch): AsyncGenerator<T[]> {
  const iterator = source[Symbol.asyncIterator]();
  let coming = iterator.next();
  let batch: T[] = [];
  for (;;) {
    const next = batch.length === 0 ? await coming : await Promise.race([coming, nothingWaits()]);
    if (next === idle || next.done || batch.length === size) {
      if (batch.length > 0) yield batch;
      batch = [];
    }
    if (next === idle) continue;
    if (next.done) return;
    batch.push(next.value);
    coming = iterator.next();
  }
}

/** Slices of a list. */
export function* slices<T>(all: readonly T[], size = textsInABatch): Generator<T[]> {
  for (let start = 0; start < all.length; start += size) yield all.slice(start, start + size);
}
