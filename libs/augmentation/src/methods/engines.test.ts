// Methods that call an encoder, a process, or a service.
import { spawnSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freshMaskedLanguageHead, loadTextEncoder, writeSafetensors } from '@taxon/models';
import { encoderTensors, randomWeights, tinyEncoder, vocabulary, writeEncoderFolder } from '@taxon/models/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { augment, rowsOf } from '../testing.ts';
import { remoteTranslator } from '../translators/remote.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'taxon-augment-'));
  await writeEncoderFolder(join(folder, 'plain'));
  // A head that finds "money" likeliest everywhere, then "pin".
  const masked = join(folder, 'masked');
  await writeEncoderFolder(masked);
  const head = freshMaskedLanguageHead(tinyEncoder);
  head['predictions.bias']![vocabulary.indexOf('money')] = 200;
  head['predictions.bias']![vocabulary.indexOf('pin')] = 150;
  const { hidden } = tinyEncoder;
  const tensor = (data: Float32Array, ...shape: number[]) => ({ shape, data });
  const own = {
    'cls.predictions.transform.dense.weight': tensor(head['predictions.dense.weight']!, hidden, hidden),
    'cls.predictions.transform.dense.bias': tensor(head['predictions.dense.bias']!, hidden),
    'cls.predictions.transform.LayerNorm.weight': tensor(head['predictions.norm.gamma']!, hidden),
    'cls.predictions.transform.LayerNorm.bias': tensor(head['predictions.norm.beta']!, hidden),
    'cls.predictions.bias': tensor(head['predictions.bias']!, tinyEncoder.vocabulary),
  };
  const tensors = new Map([...encoderTensors(randomWeights(tinyEncoder), tinyEncoder), ...Object.entries(own)]);
  await writeSafetensors(join(masked, 'model.safetensors'), tensors);
});
afterAll(() => rm(folder, { recursive: true }));

const rows = rowsOf(['my card was lost', 'card'], ['what is the rate today', 'rate'], ['money', 'money']);

it('contextual draws words of the masked-language head, never the one that stood there', async () => {
  const encoder = join(folder, 'masked');
  const replaced = await augment(rows, { encoder, methods: [{ name: 'contextual' }] });
  expect(replaced.texts).toHaveLength(3);
  for (const text of replaced.texts.slice(0, 2)) expect(text.split(' ')).toContain('money');
  expect(replaced.texts[2]).toBe('pin');
  const inserted = await augment(rows, { encoder, methods: [{ name: 'contextual', mode: 'insert' }] });
  expect(inserted.texts[0]!.split(' ').sort()).toEqual(['card', 'lost', 'money', 'my', 'was']);
});

it('contextual says that an encoder has no masked-language head', async () => {
  const options = { encoder: join(folder, 'plain'), methods: [{ name: 'contextual' }] };
  await expect(augment(rows, options)).rejects.toThrow(/has no masked-language head/);
});

it('embeds texts the same alone as among others, to length 1', async () => {
  const encoder = await loadTextEncoder(join(folder, 'plain'), { threads: 1 });
  const texts = ['my card', 'what is the rate today?', '', 'lost money '.repeat(30), 'a'];
  const together = await encoder.embed(texts);
  for (const [i, text] of texts.entries()) {
    const [alone] = await encoder.embed([text]);
    expect(Math.hypot(...alone!)).toBeCloseTo(1, 4);
    alone!.forEach((value, k) => expect(value).toBeCloseTo(together[i]![k]!, 4));
  }
  await encoder.dispose();
});

it('similar finds texts of the file, each for the labels it is nearest to, none twice, none of the rows’ own', async () => {
  const texts = join(folder, 'unlabelled.txt');
  await writeFile(texts, ['my card was lost', 'my card was lost today', 'what is the rate', 'my lost card'].join('\n'));
  const { made } = await augment(rows, {
    encoder: join(folder, 'plain'),
    methods: [{ name: 'similar', texts, least: 0, margin: 0 }],
    policy: { perRow: 3 },
    quality: { attempts: 1 },
  });
  const byText = new Map(made.map(({ text, labels }) => [text, labels[0]![0]]));
  expect(byText.size).toBe(made.length);
  expect(byText.has('my card was lost')).toBe(false);
  expect(made.length).toBeGreaterThan(0);
  expect(byText.get('my card was lost today')).toBe('card');
});

it('quality.similarity drops what is far from its parent, and tells how far', async () => {
  const texts = join(folder, 'far.txt');
  await writeFile(texts, 'unable to pay, close account');
  const options = (similarity: number) => ({
    encoder: join(folder, 'plain'),
    methods: [{ name: 'similar', texts, least: 0, margin: 0 }],
    quality: { similarity, attempts: 1 },
  });
  const kept = await augment(rows, options(0.0001));
  const dropped = await augment(rows, options(0.9999));
  expect(kept.made.length).toBe(1);
  expect(dropped.made.length).toBe(0);
  const [example] = dropped.summary.methods[0]!.examples.dropped.filter(({ reason }) => reason === 'drift');
  expect(example!.similarity).toBeLessThan(0.9999);
});

it('back-translation asks the caller’s translator, there and back, by turns over the languages', async () => {
  const asked: string[] = [];
  const translator = remoteTranslator({
    translate: ({ texts, sourceLanguage, targetLanguage }) => {
      asked.push(`${sourceLanguage}>${targetLanguage}`);
      return Promise.resolve({ translations: texts.map((text) => `${text} ${targetLanguage}`) });
    },
  });
  const options = {
    methods: [{ name: 'back-translation', via: 'es+de' }],
    policy: { perRow: 2 },
    quality: { attempts: 1 },
  };
  const { texts } = await augment(rows.slice(0, 1), options, { translator });
  expect(texts).toEqual(['my card was lost es en', 'my card was lost de en']);
  expect(asked.sort()).toEqual(['de>en', 'en>de', 'en>es', 'es>en']);
});

const apertium = spawnSync('apertium', ['-l'], { encoding: 'utf8' });
const hasSpanish = apertium.status === 0 && apertium.stdout.includes('eng-spa');

it.skipIf(!hasSpanish)('back-translates by Apertium (needs apertium and apertium-eng-spa)', async () => {
  const given = rowsOf(
    ['I have lost my credit card.', 'a'],
    ['where is my money, please?', 'b'],
    ['we want to buy a new house', 'c'],
  );
  const options = { methods: [{ name: 'back-translation', engine: 'apertium', via: 'es' }], quality: { attempts: 1 } };
  const { made } = await augment(given, options);
  expect(made.length).toBeGreaterThan(0);
  for (const { text } of made) expect(text).toMatch(/^[\w ,.?'’]+$/);
  const unknown = { methods: [{ name: 'back-translation', engine: 'apertium', via: 'xx' }] };
  await expect(augment(given, unknown)).rejects.toThrow(/no translation from en to xx; it has: .*eng-spa/);
});
