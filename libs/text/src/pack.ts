/** Fixed shape of a packed batch: many short texts share a row, so that nearly no position is padding. */
export interface PackShape {
  /** Rows of a batch. */
  rows: number;
  /** Tokens of a row; no text is longer. */
  length: number;
  /** Most texts in one row. */
  slots: number;
}

/** Which text stands in which row of a batch, in order from left to right. */
export interface BatchPlan {
  texts: number[];
  rows: number[];
}

/** Token matrices of one batch. S: length, R: rows, M: slots; token (s, r) stands at s·R + r. */
export interface PackedBatch {
  /** Texts of the batch and the slot (row·M + position in the row) that each takes. */
  texts: readonly number[];
  slots: Int32Array;
  /** [S·R] token ids; padding is `padId`. */
  ids: Int32Array;
  /** [S·R] position within the text. */
  positions: Int32Array;
  /** [S·R] token types; absent: all 0. */
  types?: Int32Array;
  /** [R, S] slot of the token's text within its row, −1 for padding. */
  segments: Int32Array;
  /** [R, M, S] pooling weights: 1/length on a text's tokens (mean), or 1 on its first (cls) or its mask. */
  pool: Float32Array;
  /** Real tokens. */
  tokens: number;
}

/**
 * Deals texts to batches, first fit: each goes to the first row of the open batch that has room, and where none has, a
 * new batch opens. Keeps the order of batches, hence the randomness of `order`.
 * @param lengths tokens of every text, 1..shape.length
 * @param order indices into `lengths`
 */
export const planBatches = (lengths: ArrayLike<number>, order: Iterable<number>, shape: PackShape): BatchPlan[] => {
  const batches: BatchPlan[] = [];
  let batch: BatchPlan = { texts: [], rows: [] };
  let used = new Int32Array(shape.rows);
  let counts = new Int32Array(shape.rows);
  const roomFor = (length: number): number => {
    for (let row = 0; row < shape.rows; row++)
      if (used[row]! + length <= shape.length && counts[row]! < shape.slots) return row;
    return -1;
  };
  for (const text of order) {
    const length = lengths[text]!;
    if (!(length >= 1 && length <= shape.length))
      throw new RangeError(`text ${text} has ${length} tokens; a row holds 1 to ${shape.length}`);
    let row = roomFor(length);
    if (row < 0) {
      batches.push(batch);
      batch = { texts: [], rows: [] };
      used = new Int32Array(shape.rows);
      counts = new Int32Array(shape.rows);
      row = 0;
    }
    batch.texts.push(text);
    batch.rows.push(row);
    used[row]! += length;
    counts[row]! += 1;
  }
  if (batch.texts.length > 0) batches.push(batch);
  return batches;
};

export interface FillOptions {
  pooling: 'mean' | 'cls' | 'mask';
  /** The token that `mask` pools: the first one in each text. */
  maskId?: number;
  padId: number;
  /** Token types of a text, one an id; undefined for all 0. Absent: no text has any. */
  types?: (text: number) => ArrayLike<number> | undefined;
}

/** Lays the tokens of a plan out as matrices. */
export const fillBatch = (
  plan: BatchPlan,
  tokens: (text: number) => ArrayLike<number>,
  { rows, length, slots }: PackShape,
  { pooling, padId, maskId, types: typesOf }: FillOptions,
): PackedBatch => {
  const size = rows * length;
  const ids = new Int32Array(size).fill(padId);
  const positions = new Int32Array(size);
  const types = typesOf && new Int32Array(size);
  const segments = new Int32Array(size).fill(-1);
  const pool = new Float32Array(rows * slots * length);
  const slotOf = new Int32Array(plan.texts.length);
  const used = new Int32Array(rows);
  const counts = new Int32Array(rows);
  let total = 0;
  plan.texts.forEach((text, i) => {
    const row = plan.rows[i]!;
    const segment = counts[row]!++;
    const slot = row * slots + segment;
    const textIds = tokens(text);
    const textTypes = typesOf?.(text);
    const only = pooling === 'mask' ? Array.prototype.indexOf.call(textIds, maskId) : 0;
    const weight = pooling === 'mean' ? 1 / textIds.length : 1;
    for (let position = 0; position < textIds.length; position++) {
      const s = used[row]! + position;
      ids[s * rows + row] = textIds[position]!;
      positions[s * rows + row] = position;
      if (types && textTypes) types[s * rows + row] = textTypes[position]!;
      segments[row * length + s] = segment;
      if (position === only || pooling === 'mean') pool[slot * length + s] = weight;
    }
    slotOf[i] = slot;
    used[row]! += textIds.length;
    total += textIds.length;
  });
  return { texts: plan.texts, slots: slotOf, ids, positions, ...(types && { types }), segments, pool, tokens: total };
};

/**
 * A row length that holds the longest text and packs the rest well, a multiple of 16 (one AVX-512 vector of floats):
 * 64 suits texts up to 32 tokens; longer ones get rows of their own length, at most twice as long as needed.
 */
export const chooseRowLength = (longest: number): number => Math.max(64, Math.ceil(longest / 16) * 16);
