import { readFile, rm, writeFile, mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createRandom } from '@taxon/data';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cutPieces, joinPieces } from '../pieces.ts';
import { augment, rowsOf } from '../testing.ts';
import { methodNames, methodTable } from './table.ts';

let folder: string;
beforeAll(async () => (folder = await mkdtemp(join(tmpdir(), 'taxon-augment-'))));
afterAll(() => rm(folder, { recursive: true }));

const texts = [
  'Can you tell me how to replace my lost credit card?',
  'we bought two big cars, and a small apartment',
  '我的信用卡丢了，请帮我重新办理一张',
] as const;
const rows = rowsOf([texts[0], 'card'], [texts[1], 'buy'], [texts[2], 'card']);
const make = (name: string, own: object = {}, perRow = 3) =>
  augment(rows, { methods: [{ name, ...own }], policy: { perRow } });

it('cuts any text into words and gaps that give it again', () => {
  fc.assert(fc.property(fc.string({ unit: 'grapheme' }), (text) => joinPieces(cutPieces(text)) === text));
  expect(cutPieces('don’t e-mail, 3.5 times').words).toEqual(['don’t', 'e-mail', '3.5', 'times']);
  expect(cutPieces('信用卡丢了').words.length).toBeGreaterThan(1);
});

it('every cheap method gives a text or none for whatever it is given, the same for the same numbers', async () => {
  const cheap = methodNames.filter((name) => ['insert', 'delete', 'swap', 'keyboard', 'ocr', 'case', 'punctuation', 'homophones'].includes(name)); // prettier-ignore
  for (const name of cheap) {
    const kind = methodTable[name];
    const method = await kind.open(kind.options.parse({}) as never, { language: 'auto', seed: 0, threads: 1 });
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'grapheme' }), fc.integer(), async (text, seed) => {
        const [row] = rowsOf([text, 'a']);
        const [one, again] = [0, 1].map(() => method.make([{ row: row!, random: createRandom(seed), attempt: 0 }]));
        expect(await one).toEqual(await again);
        expect(['string', 'undefined']).toContain(typeof (await one)![0]);
      }),
      { numRuns: 60 },
    );
  }
});

describe('random edits', () => {
  const sorted = (text: string): string[] => cutPieces(text.toLowerCase()).words.sort();

  it('swap keeps all words, delete loses some, insert repeats some', async () => {
    for (const { text, origin } of (await make('swap')).made) {
      const parent = rows.find(({ id }) => id === origin.parent)!;
      expect(sorted(text)).toEqual(sorted(parent.text));
    }
    for (const { text, origin } of (await make('delete')).made) {
      const parent = rows.find(({ id }) => id === origin.parent)!;
      const left = sorted(parent.text);
      expect(sorted(text).length).toBeLessThan(left.length);
      expect(sorted(text).every((word) => left.includes(word))).toBe(true);
      expect(text).not.toMatch(/^\s|\s{2}|\s$/);
    }
    for (const { text, origin } of (await make('insert')).made) {
      const parent = rows.find(({ id }) => id === origin.parent)!;
      expect(new Set(sorted(text))).toEqual(new Set(sorted(parent.text)));
      expect(sorted(text).length).toBeGreaterThan(sorted(parent.text).length);
    }
  });
});

describe('synonyms', () => {
  it('English words keep their part of speech, form, compounds, articles and capitals', async () => {
    const { texts: made } = await augment(rowsOf(['They bought an apartment', 'a'], ['my credit card', 'b']), {
      methods: [{ name: 'synonyms', share: 1 }],
      policy: { perRow: 4 },
    });
    expect(made).toContain('They purchased a flat');
    const cards = made.filter((text) => text.startsWith('my '));
    expect(cards.length).toBeGreaterThan(0);
    for (const text of cards) expect(text).toMatch(/^my (charge card|charge plate|plastic)$/);
  });

  it('a lexicon of one’s own serves any language', async () => {
    const lexicon = join(folder, 'lexicon.txt');
    await writeFile(lexicon, 'colis, paquet\nperdu, égaré\n');
    const { texts: made } = await augment(rowsOf(['mon colis est perdu', 'a']), {
      language: 'fr',
      methods: [{ name: 'synonyms', share: 1, lexicon }],
    });
    expect(made).toEqual(['mon paquet est égaré']);
  });

  it('says that there is no lexicon of a language', async () => {
    await expect(augment(rows, { language: 'fr' })).rejects.toThrow(
      /no lexicon of the language "fr"; there are: en, zh/,
    );
  });
});

it('homophones sound the same, in context', async () => {
  const { pinyin } = await import('pinyin-pro');
  const { made } = await make('homophones');
  expect(made.length).toBeGreaterThan(0);
  for (const { text, origin } of made) {
    expect(origin.parent).toBe('f:4');
    const changed = Array.from(text).findIndex((character, i) => character !== Array.from(texts[2])[i]);
    const sound = (whole: string): string[] => pinyin(whole, { type: 'array', toneType: 'none' });
    expect(pinyin(Array.from(text)[changed]!, { toneType: 'none' })).toBe(sound(texts[2])[changed]);
  }
});

it('keyboard changes letters to neighbours; ocr to shapes alike; both leave other scripts alone', async () => {
  for (const name of ['keyboard', 'ocr']) {
    const { made } = await make(name);
    expect(new Set(made.map(({ origin }) => origin.parent))).toEqual(new Set(['f:2', 'f:3']));
  }
});

it('mix joins texts of the same labels alone', async () => {
  const { made } = await make('mix', {}, 1);
  expect(made.map(({ origin }) => origin.parent)).toEqual(['f:2', 'f:4']);
  expect(made[0]!.text).toContain(texts[2]);
  expect(made[0]!.text).toContain(texts[0]);
});

it('templates fill lists of words, or swap listed words; a list that is not there is named', async () => {
  const file = join(folder, 'words.yaml');
  await writeFile(file, 'words:\n  city: [Paris, Rome]\ntemplates:\n  fly: ["a flight to {city}"]\n');
  const given = rowsOf(['book me a plane', 'fly'], ['weather in Paris please', 'weather']);
  const { texts: made } = await augment(given, { methods: [{ name: 'templates', file }], policy: { perRow: 2 } });
  expect(made.sort()).toEqual(['a flight to Paris', 'a flight to Rome', 'weather in Rome please']);
  await writeFile(file, 'words:\n  city: [北京, 上海]\n');
  const chinese = await augment(rowsOf(['我要去北京出差', 'fly']), { methods: [{ name: 'templates', file }] });
  expect(chinese.texts).toEqual(['我要去上海出差']);
  await writeFile(file, 'words:\n  city: [Paris]\ntemplates:\n  fly: ["to {ciity}"]\n');
  await expect(augment(given, { methods: [{ name: 'templates', file }] })).rejects.toThrow(/names the list {ciity}/);
  expect(await readFile(file, 'utf8')).toContain('ciity');
});

it('case writes no text twice, though none is new to an uncased encoder', async () => {
  const { texts: made } = await augment(rowsOf(['we bought it', 'a']), {
    methods: [{ name: 'case' }],
    policy: { perRow: 3 },
    quality: { unique: false, attempts: 20 },
  });
  expect(made).toHaveLength(3);
  expect(new Set(made).size).toBe(3);
  const unique = await augment(rowsOf(['we bought it', 'a']), { methods: [{ name: 'case' }] });
  expect(unique.summary.methods[0]!.dropped.repeat).toBe(4);
});

it('what a method lacks is said: an unknown name, option or file, an engine, weights', async () => {
  const cases: [object, RegExp][] = [
    [{ name: 'synonims' }, /no method "synonims"/],
    [{ name: 'swap', shar: 1 }, /did you mean 'share'/],
    [{ name: 'templates' }, /needs file=FILE/],
    [{ name: 'similar' }, /needs texts=FILE/],
    [{ name: 'contextual' }, /needs an encoder with a masked-language head/],
    [{ name: 'back-translation', engine: 'huggingface' }, /no model is named/],
    [{ name: 'back-translation', engine: 'given' }, /gave no translator/],
    [{ name: 'generate', model: join(folder, 'none') }, /has no config.json, no tokenizer.json, no onnx/],
  ];
  for (const [method, message] of cases) await expect(augment(rows, { methods: [method] })).rejects.toThrow(message);
});
