import type { PartOfSpeech, Synset } from './wordnet.ts';
import { kinds, templates } from './templates.ts';

type Lexicon = (place: string) => readonly string[];

/** The words that may stand in a place of a template: common ones of a part of speech, or of a kind. */
const createLexicon = (synsets: Record<PartOfSpeech, readonly Synset[]>, common: ReadonlySet<string>): Lexicon => {
  const wordsOf = (chosen: readonly Synset[]): string[] => [
    ...new Set(chosen.flatMap(({ words }) => words.filter((word) => common.has(word.toLowerCase())))),
  ];
  const lists = new Map<string, string[]>(
    Object.entries(kinds).map(([name, kind]) => [
      name,
      wordsOf([...synsets.noun, ...synsets.verb].filter((synset) => synset.kind === kind)),
    ]),
  );
  for (const part of ['noun', 'verb', 'adj'] as const) lists.set(part, wordsOf(synsets[part]));
  return (place) => {
    const words = lists.get(place);
    if (words === undefined || words.length === 0) throw new Error(`no words for {${place}}`);
    return words;
  };
};

/** So many questions and requests: templates with common words of WordNet in their places, by chance. */
export function* queryTexts(
  synsets: Record<PartOfSpeech, readonly Synset[]>,
  { common, count, random }: { common: ReadonlySet<string>; count: number; random: () => number },
): Generator<string> {
  const wordsFor = createLexicon(synsets, common);
  const pick = <T>(items: readonly T[]): T => items[Math.floor(random() * items.length)]!;
  for (let i = 0; i < count; i++)
    yield pick(templates).replace(/\{(\w+)\}/g, (_, place: string) => pick(wordsFor(place)));
}
