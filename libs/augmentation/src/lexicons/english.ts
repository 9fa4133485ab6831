import { createRequire } from 'node:module';
import type { Random } from '@taxon/data';
import { drawWeighted } from '../draw.ts';
import { inflect } from './inflect.ts';
import type { Lexicon, Replacement } from './lexicon.ts';
import { readWordNet, type PartOfSpeech, type Synonym, type WordNet } from './wordnet.ts';

interface TaggedWord {
  value: string;
  pos?: string;
  lemma?: string;
}

interface Tagger {
  tagRawTokens(words: readonly string[]): TaggedWord[];
}

/** Words that have synonyms in WordNet and mean something else nearly always: auxiliaries, particles, light verbs. */
const leftAlone = new Set(
  `be have do get go make take let give put set can will would could should may might must shall not no yes so very just too also then
  now here there more most much many few one two other such own same only even still again out up down off over on in at as like well
  thing something anything way lot please thank us i a it am who`.split(/\s+/),
);

const partOf = (tag: string): PartOfSpeech | undefined => {
  if (tag === 'RP' || tag.startsWith('NNP')) return undefined; // particles and names
  if (tag.startsWith('NN')) return 'n';
  if (tag.startsWith('VB')) return 'v';
  if (tag.startsWith('JJ')) return 'a';
  return tag.startsWith('RB') ? 'r' : undefined;
};

const choiceOf = (synonyms: readonly Synonym[], tag: string, words: number): Replacement | undefined => {
  const forms = synonyms.flatMap(({ lemma, weight }) => {
    const form = inflect(lemma, tag);
    return form === undefined ? [] : [{ form, weight }];
  });
  if (forms.length === 0) return undefined;
  const weights = forms.map(({ weight }) => weight);
  return { words, choose: (random: Random) => forms[drawWeighted(random, weights)]!.form };
};

/** Choices by lemma, tag and number of words: texts share them. */
const createChoices = (wordnet: WordNet) => {
  const known = new Map<string, Replacement | undefined>();
  return (lemma: string, tag: string, words: number): Replacement | undefined => {
    const pos = partOf(tag);
    if (pos === undefined) return undefined;
    const key = `${tag}:${lemma}`;
    if (known.has(key)) return known.get(key);
    const synonyms = wordnet.synonyms(lemma, pos);
    const choice = synonyms && choiceOf(synonyms, tag, words);
    if (known.size < 50_000) known.set(key, choice); // bounded: a million texts may hold as many odd words
    return choice;
  };
};

/**
 * English by WordNet: a word keeps its part of speech (wink-pos-tagger), its form, and its sense, where it has one that is nearly always meant.
 * A compound is replaced whole or not at all.
 * @param dominance share of its uses in which a word must mean the sense that its synonyms are of, 0..1
 */
export const englishLexicon = (dominance: number): Lexicon => {
  const require = createRequire(import.meta.url);
  const tagger = (require('wink-pos-tagger') as () => Tagger)();
  const wordnet = readWordNet(dominance);
  const choices = createChoices(wordnet);
  const compoundAt = (tagged: readonly TaggedWord[], i: number): string | undefined => {
    const [first, second] = [tagged[i]!, tagged[i + 1]];
    if (second === undefined) return undefined;
    const lemma = `${first.value.toLowerCase()}_${second.lemma ?? second.value.toLowerCase()}`;
    return wordnet.isCompound(lemma) ? lemma : undefined;
  };
  return {
    synonyms(words) {
      const tagged = tagger.tagRawTokens(words);
      const found = new Array<Replacement | undefined>(words.length).fill(undefined);
      for (let i = 0; i < words.length; i++) {
        const { lemma, pos = '' } = tagged[i]!;
        const compound = compoundAt(tagged, i);
        if (compound !== undefined) {
          found[i] = choices(compound, tagged[i + 1]!.pos === 'NNS' ? 'NNS' : 'NN', 2);
          i++;
        } else if (lemma !== undefined && lemma.length > 1 && !leftAlone.has(lemma)) found[i] = choices(lemma, pos, 1);
      }
      return found;
    },
  };
};
