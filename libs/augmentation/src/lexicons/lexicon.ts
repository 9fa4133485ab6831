import type { Random } from '@taxon/data';

/** Words for words, in one language. */
export interface Lexicon {
  /**
   * For every word of a text what may stand in its place, `undefined` where nothing may.
   * @param words in the order of the text
   */
  synonyms(words: readonly string[]): readonly (Replacement | undefined)[];
}

export interface Replacement {
  /** Words of the text that are replaced, from this one on: 2 for "credit card". */
  words: number;
  /** Written as the text needs it, but for capitals. */
  choose(random: Random): string;
}
