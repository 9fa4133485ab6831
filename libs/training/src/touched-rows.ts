import type { PackedBatch, PackShape } from '@taxon/text';
import type { TableName } from './trained.ts';

/** The rows of the embedding tables that an update's batches touch, each once. Padding touches none. */
export interface TouchedRows {
  readonly rows: Readonly<Record<TableName, Int32Array>>;
  /** Rows of all tables. */
  readonly count: number;
  /**
   * [count, T] 1 where a token of the batch reads the row: its product with the gradient [T, H] of a batch's embeddings is the
   * gradient of the rows, words first, then positions, then types. Unlike a scatter-add, every backend has products, and sums
   * them in one order.
   */
  selector(batch: PackedBatch): Float32Array;
}

const isPadding = (batch: PackedBatch, token: number, { rows, length }: PackShape): boolean =>
  batch.segments[(token % rows) * length + Math.floor(token / rows)]! < 0;

const typeOf = ({ types }: PackedBatch, token: number): number => types?.[token] ?? 0;

export const touchedRows = (batches: readonly PackedBatch[], shape: PackShape): TouchedRows => {
  const words = new Map<number, number>();
  const positions = new Map<number, number>();
  const types = new Map<number, number>();
  const slot = (seen: Map<number, number>, row: number): void => {
    if (!seen.has(row)) seen.set(row, seen.size);
  };
  for (const batch of batches)
    for (let token = 0; token < batch.ids.length; token++) {
      if (isPadding(batch, token, shape)) continue;
      slot(words, batch.ids[token]!);
      slot(positions, batch.positions[token]!);
      slot(types, typeOf(batch, token));
    }
  const count = words.size + positions.size + types.size;
  return {
    rows: {
      words: Int32Array.from(words.keys()),
      positions: Int32Array.from(positions.keys()),
      types: Int32Array.from(types.keys()),
    },
    count,
    selector(batch) {
      const tokens = batch.ids.length;
      const selector = new Float32Array(count * tokens);
      for (let token = 0; token < tokens; token++) {
        if (isPadding(batch, token, shape)) continue;
        selector[words.get(batch.ids[token]!)! * tokens + token] = 1;
        selector[(words.size + positions.get(batch.positions[token]!)!) * tokens + token] = 1;
        selector[(words.size + positions.size + types.get(typeOf(batch, token))!) * tokens + token] = 1;
      }
      return selector;
    },
  };
};
