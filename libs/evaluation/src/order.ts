const radixBits = 11; // three passes over 32 bits, with histograms that fit the first-level cache
const buckets = 1 << radixBits;

/** Bits of floats as unsigned numbers in falling order of the floats; NaN comes last. */
const fallingKeys = (scores: Float32Array): Uint32Array => {
  const keys = new Uint32Array(scores.length);
  const bits = new Uint32Array(scores.buffer, scores.byteOffset, scores.length);
  for (let i = 0; i < keys.length; i++) {
    const word = bits[i]!;
    // Negative floats grow as their bits fall: so they are kept, and positive ones are turned round.
    keys[i] = scores[i] !== scores[i] ? 0xffffffff : word >>> 31 === 1 ? word : ~word & 0x7fffffff;
  }
  return keys;
};

const radixPass = (keys: Uint32Array, order: Uint32Array, next: Uint32Array, shift: number): void => {
  const starts = new Uint32Array(buckets + 1);
  for (const key of keys) starts[((key >>> shift) & (buckets - 1)) + 1]! += 1;
  for (let i = 0; i < buckets; i++) starts[i + 1]! += starts[i]!;
  for (const index of order) next[starts[(keys[index]! >>> shift) & (buckets - 1)]!++] = index;
};

/** Falling; infinities of one sign are equal, where a difference would be NaN. */
const compare = (a: number, b: number): number => (a < b ? 1 : a > b ? -1 : 0);

/**
 * Indices by falling score, equal scores in their order. Linear time for Float32Array (a radix sort), so that the 6 million
 * scores of 10,000 texts and 600 labels take about half a second.
 */
export const fallingOrder = (scores: Float32Array | Float64Array): Uint32Array => {
  let order = Uint32Array.from({ length: scores.length }, (_, i) => i);
  if (scores instanceof Float64Array) return order.sort((a, b) => compare(scores[a]!, scores[b]!) || a - b);
  // A row of labels is too short to pay for three histograms.
  if (scores.length < buckets && !scores.some(Number.isNaN))
    return order.sort((a, b) => compare(scores[a]!, scores[b]!) || a - b);
  const keys = fallingKeys(scores);
  let next = new Uint32Array(scores.length);
  for (let shift = 0; shift < 32; shift += radixBits) {
    radixPass(keys, order, next, shift);
    [order, next] = [next, order];
  }
  return order;
};
