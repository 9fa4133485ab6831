import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createRandom } from '@taxon/data';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { writeCorpus } from './corpus.ts';
import { queryTexts } from './query-texts.ts';
import { readmeSentences } from './readme-texts.ts';
import { kinds, templates } from './templates.ts';
import type { PartOfSpeech, Synset } from './wordnet.ts';

describe('sentences of a README', () => {
  it('are what people wrote, without code, tables and addresses', () => {
    const markdown = [
      '# A title of five whole words',
      '```js\nconst x = 1 in a fence of code;\n```',
      'It **reads** [labelled files](https://example.org) as a stream. Then it packs them well.',
      '| a | table | of | cells |',
      'See https://example.org for more about it.',
      '- an item of a list that tells something',
    ].join('\n\n');
    expect(readmeSentences(markdown)).toEqual([
      'A title of five whole words',
      'It reads labelled files as a stream.',
      'Then it packs them well.',
      'an item of a list that tells something',
    ]);
  });
});

describe('questions and requests', () => {
  const synsets: Record<PartOfSpeech, Synset[]> = {
    noun: Object.values(kinds).map((kind) => ({ kind, words: [`noun${kind}`], definition: '', examples: [] })),
    verb: Object.values(kinds).map((kind) => ({ kind, words: [`verb${kind}`], definition: '', examples: [] })),
    adj: [{ kind: 0, words: ['red'], definition: '', examples: [] }],
    adv: [],
  };
  const common = new Set([...Object.values(kinds).flatMap((kind) => [`noun${kind}`, `verb${kind}`]), 'red']);
  it('fill every place of every template, the same for the same seed', () => {
    const draw = (seed: number) => [...queryTexts(synsets, { common, count: 3000, random: createRandom(seed) })];
    expect(draw(1).every((text) => !/[{}]/.test(text))).toBe(true);
    expect(draw(1)).toEqual(draw(1));
    expect(draw(1)).not.toEqual(draw(2));
  });
  it('know a kind for every place', () => {
    const places = templates.flatMap((template) => [...template.matchAll(/\{(\w+)\}/g)].map(([, place]) => place!));
    expect(places.filter((place) => !(place in kinds) && !['noun', 'verb', 'adj'].includes(place))).toEqual([]);
  });
});

describe('a corpus', () => {
  let folder = '';
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'taxon-corpus-'));
    await mkdir(join(folder, 'dict'));
    const line = (part: string, kind: number, word: string, gloss: string) =>
      `  1 a licence\n00001740 ${String(kind).padStart(2, '0')} ${part} 01 ${word} 0 000 | ${gloss}  \n`;
    const nouns = Object.values(kinds).map((kind) =>
      line('n', kind, `noun_${kind}`, `the thing ${kind}; "an example of ${kind}"`),
    );
    await writeFile(join(folder, 'dict/data.noun'), nouns.join(''));
    await writeFile(join(folder, 'dict/data.verb'), line('v', 29, 'run', 'move fast'));
    await writeFile(join(folder, 'dict/data.adj'), line('a', 0, 'red(p)', 'of the colour of blood'));
    await writeFile(join(folder, 'dict/data.adv'), line('r', 2, 'fast', 'move fast'));
    const tagged = [...Object.values(kinds).map((kind) => `noun_${kind}`), 'run', 'red'].map(
      (word) => `${word}%1:03:00:: 00001740 1 11`,
    );
    await writeFile(join(folder, 'dict/index.sense'), tagged.join('\n'));
    for (const [name, license] of [
      ['free', 'MIT'],
      ['other', 'SEE LICENSE'],
    ] as const) {
      await mkdir(join(folder, 'modules', name), { recursive: true });
      await writeFile(
        join(folder, 'modules', name, 'package.json'),
        JSON.stringify({ name, version: '1.0.0', license }),
      );
      await writeFile(join(folder, 'modules', name, 'README.md'), `The package ${name} tells what it does here.`);
    }
  });
  afterEach(() => rm(folder, { recursive: true }));

  it('holds each text once, and says where its texts are from', async () => {
    const at = { wordnet: join(folder, 'dict'), modules: join(folder, 'modules'), output: join(folder, 'out') };
    const { texts, counts } = await writeCorpus({ ...at, queries: 50 });
    const lines = (await readFile(join(folder, 'out/texts.txt'), 'utf8')).trim().split('\n');
    expect(lines).toHaveLength(texts);
    expect(new Set(lines).size).toBe(texts);
    expect(lines).toEqual(
      expect.arrayContaining(['the thing 5', 'an example of 5', 'noun 5', 'red', 'of the colour of blood']),
    );
    expect(lines.filter((text) => text === 'move fast')).toHaveLength(1);
    expect(counts.READMEs).toBe(1);
    const sources = await readFile(join(folder, 'out/SOURCES.md'), 'utf8');
    expect(sources).toContain('free@1.0.0 (MIT)');
    expect(sources).not.toContain('other');
    await writeCorpus({ ...at, queries: 50 });
    expect((await readFile(join(folder, 'out/texts.txt'), 'utf8')).trim().split('\n')).toEqual(lines);
  });
});
