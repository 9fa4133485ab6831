import { readTexts } from '@taxon/data';
import { invalidInput } from '@taxon/errors';
import { chineseLexicon } from './cilin.ts';
import { englishLexicon } from './english.ts';
import { groupsLexicon } from './groups.ts';
import type { Lexicon } from './lexicon.ts';

const known = ['en', 'zh'];

/** A lexicon from a file of the user's own: a group of synonyms a line, with commas, tabs or `、` between. */
const readLexicon = async (path: string, signal?: AbortSignal): Promise<Lexicon> => {
  const { texts } = await readTexts(path, { format: 'txt', signal });
  return groupsLexicon(
    texts.map(({ text }) =>
      text
        .split(/[,，、\t]/u)
        .map((word) => word.trim())
        .filter((word) => word !== ''),
    ),
  );
};

/** @throws TaxonError `invalid_input` for a language that has no lexicon */
export const expectLexicon = (language: string): void => {
  if (language === 'auto' || known.includes(language)) return;
  const what = `there is no lexicon of the language ${JSON.stringify(language)}; there are: ${known.join(', ')}`;
  throw invalidInput(
    `synonyms: ${what}`,
    "Give one of your own (a group of synonyms a line) by the method's option lexicon=FILE.",
    [{ field: 'language', description: what }],
  );
};

export interface LexiconOptions {
  language: string;
  /** File of the user's own, for any language. */
  lexicon?: string;
  dominance: number;
  signal?: AbortSignal;
}

/**
 * Finds the lexicon of a language.
 * @throws TaxonError `invalid_input` for a language that has none, `unavailable` where it cannot be fetched
 */
export const openLexicons = async ({ language, lexicon, dominance, signal }: LexiconOptions) => {
  if (lexicon !== undefined) {
    const own = await readLexicon(lexicon, signal);
    return () => Promise.resolve(own);
  }
  expectLexicon(language);
  const opened = new Map<string, Promise<Lexicon>>();
  return (of: string): Promise<Lexicon> => {
    let found = opened.get(of);
    if (found === undefined) {
      found = of === 'zh' ? chineseLexicon(signal) : Promise.resolve(englishLexicon(dominance));
      opened.set(of, found);
    }
    return found;
  };
};
