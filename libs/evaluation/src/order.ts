const radixBits = 11; // three passes over 32 bits, with histograms that fit the first-level cache
const buckets = 1 << radixBits;
const passes = Math.ceil(32 / radixBits);

/**
 * Bits of floats as unsigned numbers in falling order of the floats, NaN last; and back again, as it is its own inverse.
 * Negative floats grow as their bits fall: so they are kept, and positive ones are turned round.
 */
const turnBits = (word: number): number => (word >>> 31 === 1 ? word : ~word & 0x7fffffff);

const minusZero = 0x80000000; // equal to 0, and so sorted as 0

const fallingKeys = (scores: Float32Array): Uint32Array => {
  const bits = new Uint32Array(scores.buffer, scores.byteOffset, scores.length);
  const keys = new Uint32Array(scores.length);
  for (let i = 0; i < keys.length; i++) {
    const word = bits[i]! === minusZero ? 0 : bits[i]!;
    keys[i] = scores[i] !== scores[i] ? 0xffffffff : turnBits(word);
  }
  return keys;
};

/** Where each value of each digit begins among the sorted keys: [passes][buckets] */
const digitStarts = (keys: Uint32Array): Uint32Array[] => {
  const starts = Array.from({ length: passes }, () => new Uint32Array(buckets + 1));
  const [low, middle, high] = starts as [Uint32Array, Uint32Array, Uint32Array];
  for (let i = 0; i < keys.length; i++) {
    const key = keys[i]!;
    low[(key & (buckets - 1)) + 1]! += 1;
    middle[((key >>> radixBits) & (buckets - 1)) + 1]! += 1;
    high[(key >>> (2 * radixBits)) + 1]! += 1;
  }
  for (const places of starts) for (let i = 0; i < buckets; i++) places[i + 1]! += places[i]!;
  return starts;
};

interface Keyed {
  keys: Uint32Array;
  payload: Uint32Array;
}

/** Moves everything to where its digit belongs, in its order. */
const radixPass = (from: Keyed, to: Keyed, starts: Uint32Array, shift: number): void => {
  const { keys, payload } = from;
  for (let i = 0; i < keys.length; i++) {
    const key = keys[i]!;
    const place = starts[(key >>> shift) & (buckets - 1)]!++;
    to.keys[place] = key;
    to.payload[place] = payload[i]!;
  }
};

/** Scores in falling order, and what came with each. */
export interface Sorted {
  scores: Float32Array;
  payload: Uint32Array;
}

/**
 * Sorts scores by falling value in linear time (a stable radix sort), NaN last: the 6 million scores of 10,000 texts and 600 labels
 * take about 0.15 s. Keys and payload move together, so that memory is read in a row.
 * @param payload a number for each score; overwritten
 */
export const sortFalling = (scores: Float32Array, payload: Uint32Array): Sorted => {
  const n = scores.length;
  let [from, to]: [Keyed, Keyed] = [
    { keys: fallingKeys(scores), payload },
    { keys: new Uint32Array(n), payload: new Uint32Array(n) },
  ];
  digitStarts(from.keys).forEach((starts, pass) => {
    radixPass(from, to, starts, pass * radixBits);
    [from, to] = [to, from];
  });
  const { keys } = from;
  for (let i = 0; i < n; i++) keys[i] = turnBits(keys[i]!);
  return { scores: new Float32Array(keys.buffer, keys.byteOffset, n), payload: from.payload };
};

/** Falling; infinities of one sign are equal, where a difference would be NaN. */
const compare = (a: number, b: number): number => (a < b ? 1 : a > b ? -1 : 0);

/** Indices by falling score, equal scores in their order. */
export const fallingOrder = (scores: Float32Array | Float64Array): Uint32Array => {
  const order = Uint32Array.from({ length: scores.length }, (_, i) => i);
  if (scores instanceof Float32Array) return sortFalling(scores, order).payload;
  return order.sort((a, b) => compare(scores[a]!, scores[b]!) || a - b);
};
