import { normalizeText } from '@taxon/data';

/** Bits of the filter: 16 MiB. One text in 10^8 is wrongly taken for seen at a million, one in 500 at ten million. */
const bits = 2 ** 27;
const hashes = 6;

/** Two 32-bit hashes of a string, each step mixed by a product (the constants are those of MurmurHash3). */
export const hashTwice = (text: string): [number, number] => {
  let a = 0x9e3779b9;
  let b = 0x85ebca6b ^ text.length;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    a = Math.imul(a ^ unit, 0xcc9e2d51);
    b = Math.imul(b ^ unit, 0x1b873593);
    a ^= a >>> 15;
    b ^= b >>> 13;
  }
  a = Math.imul(a ^ (b >>> 16), 0x85ebca6b);
  b = Math.imul(b ^ (a >>> 13), 0xc2b2ae35);
  return [(a ^ (a >>> 16)) >>> 0, (b ^ (b >>> 16)) >>> 0];
};

/**
 * The texts met so far, up to case, width and spaces, in memory that does not grow: a Bloom filter (Bloom 1970). It never forgets a text;
 * very rarely it takes a new one for known, which costs a candidate and nothing else.
 */
export class SeenTexts {
  readonly #words = new Uint32Array(bits / 32);
  /** Two texts of the same form are the same. Both other methods take it. */
  readonly formOf: (text: string) => string;

  constructor(formOf: (text: string) => string = normalizeText) {
    this.formOf = formOf;
  }

  /** Adds a form. @returns whether it was there */
  add(form: string): boolean {
    const [first, step] = hashTwice(form);
    let seen = true;
    for (let i = 0; i < hashes; i++) {
      const at = (first + Math.imul(i, step | 1)) & (bits - 1); // odd steps reach every bit
      const mask = 1 << (at & 31);
      if ((this.#words[at >>> 5]! & mask) === 0) {
        seen = false;
        this.#words[at >>> 5]! |= mask;
      }
    }
    return seen;
  }

  has(form: string): boolean {
    const [first, step] = hashTwice(form);
    for (let i = 0; i < hashes; i++) {
      const at = (first + Math.imul(i, step | 1)) & (bits - 1);
      if ((this.#words[at >>> 5]! & (1 << (at & 31))) === 0) return false;
    }
    return true;
  }

  clone(): SeenTexts {
    const copy = new SeenTexts(this.formOf);
    copy.#words.set(this.#words);
    return copy;
  }
}
