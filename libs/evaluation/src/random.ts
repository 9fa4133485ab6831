/** Whole numbers within 0 … 2³² − 1, the same for the same seed on every machine. */
export type Random = () => number;

/** xoshiro128** (Blackman and Vigna 2018), its four words filled by MurmurHash3's finaliser from a 32-bit seed. */
export const createRandom = (seed: number): Random => {
  let state = seed | 0;
  const word = (): number => {
    state = (state + 0x9e3779b9) | 0; // 2³² / golden ratio
    let mixed = Math.imul(state ^ (state >>> 16), 0x85ebca6b);
    mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
    return mixed ^ (mixed >>> 16);
  };
  let [a, b, c, d] = [word(), word(), word(), word() | 1];
  return () => {
    const product = Math.imul(b, 5);
    const result = Math.imul((product << 7) | (product >>> 25), 9);
    const shifted = b << 9;
    c ^= a;
    d ^= b;
    b ^= c;
    a ^= d;
    c ^= shifted;
    d = (d << 11) | (d >>> 21);
    return result >>> 0;
  };
};
