import { createRandom, type Random } from '@taxon/data';
import { hashTwice } from './seen-texts.ts';

/** Numbers that depend on the seed, a row and what they are for alone: any row can be made without those before it. */
export const seededRandom = (seed: number, row: string, purpose: string): Random => {
  const [a, b] = hashTwice(row);
  const [c] = hashTwice(purpose);
  return createRandom(a ^ Math.imul(b, 0x9e3779b1) ^ Math.imul(c, 0x85ebca6b) ^ Math.imul(seed, 0xc2b2ae35));
};
