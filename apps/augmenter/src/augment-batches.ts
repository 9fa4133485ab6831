import { setImmediate } from 'node:timers/promises';
import type { AugmentContext, Augmentation, AugmentedRow, AugmentOptions, Row } from '@taxon/augmentation';
import type { Made, StreamRequest } from './engine.ts';

export type AugmentRows = (rows: AsyncIterable<Row>, options: AugmentOptions, context: AugmentContext) => Augmentation;

/** New rows that go out together at most: few messages where texts are made fast. */
const mostTogether = 256;

async function* each(batches: AsyncIterable<Row[]>): AsyncGenerator<Row> {
  for await (const batch of batches) yield* batch;
}

/** Turns of the microtask queue that a row which needs nothing from outside takes, amply; a macrotask a row would cost more than most methods. */
const turns = 32;

/** Whether a promise waits for something from outside this thread. */
const waits = async (next: Promise<unknown>): Promise<boolean> => {
  const state = { settled: false };
  const settle = (): void => void (state.settled = true);
  next.then(settle, settle);
  for (let turn = 0; turn < turns && !state.settled; turn++) await Promise.resolve();
  if (!state.settled) await setImmediate();
  return !state.settled;
};

/**
 * Batches in, batches out, the summary last. What is made goes out as soon as there is nothing to do but wait for further rows, so that a
 * caller may send a text and wait for what is made of it.
 */
export const augmentBatches = (augmentRows: AugmentRows) =>
  async function* ({ options, ...context }: StreamRequest, batches: AsyncIterable<Row[]>): AsyncGenerator<Made> {
    const augmentation = augmentRows(each(batches), options, context);
    const iterator = augmentation[Symbol.asyncIterator]();
    let rows: AugmentedRow[] = [];
    try {
      for (let next = iterator.next(); ;) {
        if (rows.length >= mostTogether || (rows.length > 0 && (await waits(next)))) {
          yield { rows };
          rows = [];
        }
        const made = await next;
        if (made.done === true) break;
        rows.push(made.value);
        next = iterator.next();
      }
    } finally {
      await iterator.return?.();
    }
    if (rows.length > 0) yield { rows };
    yield { summary: augmentation.summary() };
  };
