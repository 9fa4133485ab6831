/** Uniform numbers in [0, 1), the same for the same seed on every machine. */
export type Random = () => number;

/** Spreads a 32-bit seed over the words that the generator starts from (the finaliser of MurmurHash3 on a Weyl sequence). */
const seedWords = (seed: number): (() => number) => {
  let state = seed | 0;
  return () => {
    state = (state + 0x9e3779b9) | 0; // 2^32 / golden ratio
    let word = state;
    word = Math.imul(word ^ (word >>> 16), 0x85ebca6b);
    word = Math.imul(word ^ (word >>> 13), 0xc2b2ae35);
    return word ^ (word >>> 16);
  };
};

/**
 * A small fast counter generator (sfc32: 128 bits of state, passes PractRand), seeded with a 32-bit integer.
 * Math.random cannot be seeded, and a split must be the same tomorrow.
 */
export const createRandom = (seed: number): Random => {
  const word = seedWords(seed);
  let [a, b, c, counter] = [word(), word(), word(), 1];
  const next = (): number => {
    const sum = (a + b + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (c << 21) | (c >>> 11);
    c = (c + sum) | 0;
    return (sum >>> 0) / 2 ** 32;
  };
  for (let i = 0; i < 12; i++) next(); // the seed needs a few rounds to reach every bit
  return next;
};

/** Fisher-Yates, in place. */
export const shuffle = <T>(items: T[], random: Random): T[] => {
  for (let i = items.length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    [items[i], items[j]] = [items[j]!, items[i]!];
  }
  return items;
};

/** FNV-1a over UTF-16 units: a 32-bit number from a name, to derive one seed from another. */
export const hashName = (name: string): number => {
  let hash = 0x811c9dc5;
  for (let i = 0; i < name.length; i++) hash = Math.imul(hash ^ name.charCodeAt(i), 0x01000193);
  return hash;
};
