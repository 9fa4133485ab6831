import type { Random } from '@taxon/data';
import { drawIndex } from '../draw.ts';
import type { Lexicon, Replacement } from './lexicon.ts';

/** A lexicon of groups of words that mean the same. A word of several groups has several senses, and is left alone. */
export const groupsLexicon = (groups: Iterable<readonly string[]>): Lexicon => {
  const groupOf = new Map<string, readonly string[] | undefined>();
  for (const group of groups)
    for (const word of group) {
      const key = word.toLowerCase();
      groupOf.set(key, groupOf.has(key) ? undefined : group);
    }
  const replacement = (word: string): Replacement | undefined => {
    const others = groupOf.get(word.toLowerCase())?.filter((other) => other.toLowerCase() !== word.toLowerCase());
    if (others === undefined || others.length === 0) return undefined;
    return { words: 1, choose: (random: Random) => others[drawIndex(random, others.length)]! };
  };
  return { synonyms: (words) => words.map(replacement) };
};
