import type { Random } from '@taxon/data';
import { z } from 'zod';
import { shareOption } from '../cheap-method.ts';
import { drawCount, drawIndices } from '../draw.ts';
import { languageOf } from '../language.ts';
import type { Lexicon, Replacement } from '../lexicons/lexicon.ts';
import { expectLexicon, openLexicons } from '../lexicons/open-lexicons.ts';
import type { MethodKind } from '../method.ts';
import { cutPieces, joinPieces } from '../pieces.ts';

const options = z.strictObject({
  /** Share of the words; at least one. */
  share: shareOption(0.2),
  /** English: share of its uses in which a word must mean the sense whose synonyms are taken. */
  dominance: z.number().min(0).max(1).default(0.6),
  /** File with a group of synonyms a line, for other languages or a domain's own words. */
  lexicon: z.string().min(1).optional(),
});

const vowel = /^[aeiou]/i;

/** "a" before a consonant, "an" before a vowel. */
const mendArticle = (words: string[], at: number): void => {
  const article = words[at - 1];
  if (article === undefined || !/^an?$/i.test(article)) return;
  words[at - 1] = article[0]! + (vowel.test(words[at]!) ? 'n' : '');
};

const capitalLike = (like: string, word: string): string => {
  const first = like[0]!;
  return first === first.toLowerCase() ? word : word[0]!.toUpperCase() + word.slice(1);
};

/** Replaces a share of the words that can be. */
const replaceWords = (text: string, lexicon: Lexicon, share: number, random: Random): string | undefined => {
  const pieces = cutPieces(text);
  const { words, gaps } = pieces;
  const found = lexicon.synonyms(words);
  const places: [number, Replacement][] = [];
  found.forEach((one, i) => {
    if (one !== undefined) places.push([i, one]);
  });
  if (places.length === 0) return undefined;
  const count = Math.min(places.length, drawCount(random, words.length, share));
  for (const index of drawIndices(random, places.length, count)) {
    const [at, replacement] = places[index]!;
    words[at] = capitalLike(words[at]!, replacement.choose(random));
    if (replacement.words > 1) {
      words.fill('', at + 1, at + replacement.words);
      gaps.fill('', at + 1, at + replacement.words);
    }
    mendArticle(words, at);
  }
  return joinPieces(pieces);
};

/** Words become others of the same meaning. */
export const synonyms: MethodKind<typeof options> = {
  description:
    'replaces words by synonyms (English: WordNet, keeping part of speech, form and main sense; Chinese: Cilin)',
  options,
  batch: 256,
  streamed: true,
  paths: { lexicon: 'file' },
  check: ({ lexicon }, { language }) => {
    if (lexicon === undefined) expectLexicon(language);
  },
  async open({ share, dominance, lexicon: file }, { language, signal }) {
    const lexiconOf = await openLexicons({ language, lexicon: file, dominance, signal });
    const ready = new Map<string, Lexicon>();
    return {
      async make(wanted) {
        for (const of of new Set(wanted.map(({ row }) => languageOf(language, row.text))))
          if (!ready.has(of)) ready.set(of, await lexiconOf(of));
        return wanted.map(({ row: { text }, random }) =>
          replaceWords(text, ready.get(languageOf(language, text))!, share, random),
        );
      },
    };
  },
};
