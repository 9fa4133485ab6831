import type { SerializedError } from '@taxon/errors';

/** One side of a stream between threads: items, then its end or its failure; `taken` once the other side has taken one. */
export type StreamMessage<Item> =
  { kind: 'item'; item: Item } | { kind: 'end' } | { kind: 'fail'; error: SerializedError } | { kind: 'taken' };

/** Items of one direction that may be under way: enough that neither side waits for the other's turn. */
export const streamWindow = 4;
