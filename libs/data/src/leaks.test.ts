import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Example } from './example.ts';
import { leaksOf } from './leaks.ts';
import { openDataset, readDataset } from './read-dataset.ts';
import { stratifiedSplit } from './stratified-split.ts';
import { textKey } from './text-groups.ts';

let folder: string;
beforeAll(async () => (folder = await mkdtemp(join(tmpdir(), 'taxon-leaks-'))));
afterAll(() => rm(folder, { recursive: true }));

const example = (text: string, more: Partial<Example> = {}): Example => ({ text, labels: [['a']], line: 1, ...more });
const made = (text: string, parent: string): Example => example(text, { origin: { method: 'swap', parent } });

describe('leaks', () => {
  const held = [
    {
      path: 'data/test.csv',
      examples: [example('where is my parcel today', { line: 7 }), example('own id', { id: 'q1' })],
    },
  ];

  it('are texts made of a held-out one, by its id or file and line, and copies and near copies of one', () => {
    const texts = [
      made('something else entirely', 'test.csv:7'),
      made('something else again', '/abs/data/test.csv:7'),
      made('not of these words', 'q1'),
      made('Where is my  PARCEL today', 'train.csv:1'),
      made('where is my parcel todayy', 'train.csv:1'),
      made('I would like to buy a phone', 'train.csv:7'),
    ];
    expect(leaksOf(texts, held).map(({ index, reason }) => [index, reason])).toEqual([
      [0, 'parent'],
      [1, 'parent'],
      [2, 'parent'],
      [3, 'duplicate'],
      [4, 'near-duplicate'],
    ]);
  });

  it('are never texts that people wrote, nor names of labels', () => {
    const name = example('where is my parcel today', { origin: { method: 'label-name', parent: 'q1' } });
    expect(leaksOf([example('where is my parcel today'), name], held)).toEqual([]);
  });
});

describe('a split', () => {
  it('holds out no text that was made, and none in training tells of a held-out one', () => {
    const row = fc.record({ text: fc.string({ minLength: 1, maxLength: 12 }), label: fc.constantFrom('a', 'b', 'c') });
    fc.assert(
      fc.property(fc.array(row, { minLength: 12, maxLength: 60 }), fc.nat({ max: 99 }), (rows, seed) => {
        const written = rows.map(({ text, label }, i) => example(text, { labels: [[label]], line: i + 2 }));
        const all = written.flatMap((one, i) => [
          one,
          { ...made(`${one.text} ${i}`, `f.csv:${one.line}`), labels: one.labels },
        ]);
        const split = stratifiedSplit(all, { seed, path: 'f.csv' });
        const heldOut = [...split.validation, ...split.test];
        expect(heldOut.every(({ origin }) => origin === undefined)).toBe(true);
        const lines = new Set(heldOut.map(({ line }) => `f.csv:${line}`));
        const keys = new Set(heldOut.map(textKey));
        for (const { origin, ...rest } of split.train)
          if (origin !== undefined) {
            expect(lines.has(origin.parent)).toBe(false);
            expect(keys.has(textKey(rest))).toBe(false);
          }
        // Made texts change nothing for the others.
        const alone = stratifiedSplit(written, { seed, path: 'f.csv' });
        expect(split.validation).toEqual(alone.validation);
        expect(split.test).toEqual(alone.test);
        expect(split.train.filter(({ origin }) => origin === undefined)).toEqual(alone.train);
      }),
    );
  });

  it('says what it left out', () => {
    const words = ['alpha', 'bravo', 'charlie', 'delta', 'echo', 'foxtrot', 'golf', 'hotel', 'india', 'juliet'];
    const written = words.map((text, i) => example(text, { id: `r${i}` }));
    const all = [...written, ...words.map((text, i) => made(`${i} ${i * 7} xyz ${text.length} ${i * 31}`, `r${i}`))];
    const { train, notes } = stratifiedSplit(all, {});
    expect(train.filter(({ origin }) => origin !== undefined)).toHaveLength(7);
    expect(notes.map(({ message }) => message)).toContain(
      '3 augmented texts left out of training: 3 made of held-out texts',
    );
  });
});

describe('files', () => {
  it('say whose row it is and how it was made, where they have these columns', async () => {
    const path = join(folder, 'made.csv');
    await writeFile(path, 'id,text,label,augmentation,parent\n7,one,a,,\n,two,a,swap,7\n');
    const { examples } = await readDataset(path);
    expect(examples).toEqual([
      { id: '7', text: 'one', labels: [['a']], line: 2 },
      { text: 'two', labels: [['a']], line: 3, origin: { method: 'swap', parent: '7' } },
    ]);
    const json = join(folder, 'made.jsonl');
    await writeFile(
      json,
      '{"text":"one","label":"a"}\n{"text":"two","label":"a","augmentation":"swap","parent":"x:2"}\n',
    );
    expect((await readDataset(json)).examples.map(({ origin }) => origin)).toEqual([
      undefined,
      { method: 'swap', parent: 'x:2' },
    ]);
  });

  it('are read as streams to the same examples, kinds and complaints as at once', async () => {
    const files = {
      'a.csv': 'text,label\none,a\ntwo,b\n',
      'b.jsonl': '{"text":"one","label":["a","b"]}\n{"text":"two","label":[]}\n{"text":"three","label":"c"}\n',
      'c.csv': 'text,label\none,a\n,b\nthree,\n',
      'd.jsonl': '{"text":"one","label":""}\n{"text":"two","label":["a","b"]}\n',
    };
    for (const [name, content] of Object.entries(files)) {
      const path = join(folder, name);
      await writeFile(path, content);
      const [whole, streamed] = await Promise.allSettled([
        readDataset(path),
        openDataset(path).then(async (file) => {
          const examples: Example[] = [];
          for await (const one of file.examples()) examples.push(one);
          return { path, examples, kinds: file.kinds, notes: file.notes };
        }),
      ]);
      if (whole.status === 'rejected') expect(streamed).toEqual(whole);
      else expect(streamed).toEqual(whole);
    }
  });
});
