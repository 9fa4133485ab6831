import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** One meaning: its words, its kind and what is said of it. */
export interface Synset {
  /** WordNet's lexicographer file without its number's meaning: 5 animals, 13 food, 15 places, 18 people … (lexnames(5WN)). */
  kind: number;
  words: string[];
  definition: string;
  examples: string[];
}

const parts = ['noun', 'verb', 'adj', 'adv'] as const;
export type PartOfSpeech = (typeof parts)[number];

/** The gloss behind the bar: the definition, then examples in double quotes. */
const readGloss = (gloss: string): Pick<Synset, 'definition' | 'examples'> => {
  const begin = gloss.indexOf('"');
  const definition = (begin < 0 ? gloss : gloss.slice(0, begin)).replace(/[;:\s]+$/, '').trim();
  const examples = begin < 0 ? [] : [...gloss.slice(begin).matchAll(/"([^"]+)"/g)].map(([, text]) => text!.trim());
  return { definition, examples };
};

/** `n hood a 0`: hexadecimal count, then word and number by turns; an adjective may carry `(p)`, its place in a sentence. */
const readWords = (fields: readonly string[]): string[] => {
  const count = parseInt(fields[3]!, 16);
  return Array.from({ length: count }, (_, i) => fields[4 + 2 * i]!.replace(/\(.*\)$/, '').replaceAll('_', ' '));
};

/**
 * The meanings of one part of speech (format: wndb(5WN)).
 * @param folder WordNet's `dict` folder
 */
export const readSynsets = async (folder: string, part: PartOfSpeech): Promise<Synset[]> => {
  const lines = (await readFile(join(folder, `data.${part}`), 'utf8')).split('\n');
  return lines
    .filter((line) => /^\d/.test(line)) // the licence stands in front, indented
    .map((line) => {
      const [head = '', ...gloss] = line.split(' | ');
      const fields = head.split(' ');
      return { kind: Number(fields[1]), words: readWords(fields), ...readGloss(gloss.join(' | ')) };
    });
};

/** Words with a meaning that was tagged so many times in texts (SemCor): the common ones. */
export const readCommonWords = async (folder: string, least = 5): Promise<Set<string>> => {
  const lines = (await readFile(join(folder, 'index.sense'), 'utf8')).split('\n');
  const common = new Set<string>();
  for (const line of lines) {
    const [key = '', , , count] = line.split(' ');
    if (Number(count) >= least) common.add(key.slice(0, key.indexOf('%')).replaceAll('_', ' '));
  }
  return common;
};

export const readWordnet = async (folder: string): Promise<Record<PartOfSpeech, Synset[]>> => {
  const [noun, verb, adj, adv] = await Promise.all(parts.map((part) => readSynsets(folder, part)));
  return { noun: noun!, verb: verb!, adj: adj!, adv: adv! };
};
