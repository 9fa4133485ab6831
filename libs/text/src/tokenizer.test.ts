import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createTokenizer, loadTokenizer } from './index.ts';
import { referenceTokenizerJson } from './test-reference.ts';

const minilm = referenceTokenizerJson('minilm')!;
const tokenizer = createTokenizer(minilm, { model_max_length: 512, pad_token: '[PAD]' });
const ids = (text: string, maxLength?: number): number[] => Array.from(tokenizer.encode(text, { maxLength }));
const inner = (text: string): number[] => ids(text).slice(1, -1);
/** Any code units at all, with letters and marks often enough to make words. */
const anyText = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.string({ unit: 'grapheme' }),
  fc.array(fc.integer({ min: 0, max: 0xffff })).map((units) => String.fromCharCode(...units)),
  fc
    .array(fc.constantFrom('un', 'aff', 'able', ' ', '.', '中', 'é', '[SEP]', '\u0301', '😀'))
    .map((parts) => parts.join('')),
);

describe('a BERT tokenizer', () => {
  test('says what it is', () => {
    expect(tokenizer).toMatchObject({ vocabularySize: 30522, padId: 0, maxLength: 512, implementation: 'native' });
    expect(createTokenizer(minilm).maxLength).toBeUndefined();
    expect(createTokenizer(minilm, { model_max_length: 1e30 }).maxLength).toBeUndefined();
  });

  test('gives pieces that can be read', () => {
    const pieces = tokenizer.decodeTokens(tokenizer.encode('Unaffable, CAFÉ [MASK]'));
    expect(pieces).toEqual(['[CLS]', 'una', '##ffa', '##ble', ',', 'cafe', '[MASK]', '[SEP]']);
    expect(tokenizer.decodeTokens([999_999])).toEqual(['']);
  });

  test('calls a word of more than 100 letters unknown', () => {
    expect(inner('a'.repeat(100)).length).toBeGreaterThan(1);
    expect(inner('a'.repeat(101))).toEqual([100]);
  });

  test('keeps special tokens when it cuts, and refuses a length that cannot hold them', () => {
    expect(ids('one two three', 4)).toEqual([101, 2028, 2048, 102]);
    expect(ids('one two three', 2)).toEqual([101, 102]);
    expect(() => ids('one', 1)).toThrow('maxLength 1 leaves no room for the 2 special tokens; give at least 2');
    expect(() => ids('one', NaN)).toThrow('maxLength NaN');
  });

  test('a cut result is the beginning of the whole one', () => {
    fc.assert(
      fc.property(anyText, fc.integer({ min: 2, max: 12 }), (text, maxLength) => {
        const whole = ids(text);
        const expected = whole.length <= maxLength ? whole : [...whole.slice(0, maxLength - 1), 102];
        expect(ids(text, maxLength)).toEqual(expected);
      }),
    );
  });

  test('texts joined by a space give the ids of both', () => {
    fc.assert(
      fc.property(anyText, anyText, (a, b) => {
        expect(inner(`${a} ${b}`)).toEqual([...inner(a), ...inner(b)]);
      }),
    );
  });

  test('lone surrogates count as U+FFFD', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        expect(ids(text)).toEqual(ids(text.replace(/\p{Surrogate}/gu, '\ufffd')));
      }),
    );
  });

  test('a batch gives what its texts give one by one', () => {
    const texts = ['a', '', 'unaffable words', 'a'];
    expect(tokenizer.encodeBatch(texts, { maxLength: 4 })).toEqual(texts.map((text) => tokenizer.encode(text, { maxLength: 4 }))); // prettier-ignore
  });

  test('remembers words without mixing them up, also after it had to forget', () => {
    const fresh = createTokenizer(minilm);
    const word = (i: number): string => i.toString(36).replace(/\d/g, 'q');
    const first = Array.from({ length: 200 }, (_, i) => fresh.encode(word(i)));
    for (let i = 0; i < 200_000; i++) fresh.encode(word(i));
    expect(Array.from({ length: 200 }, (_, i) => fresh.encode(word(i)))).toEqual(first);
  });
});

describe('files', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'taxon-text-'));
  });
  afterAll(() => rm(folder, { recursive: true }));
  const loading = async (json: unknown): Promise<unknown> => {
    await writeFile(join(folder, 'tokenizer.json'), typeof json === 'string' ? json : JSON.stringify(json));
    return loadTokenizer(folder).catch((error: unknown) => error);
  };

  test('a folder without tokenizer.json is not found', async () => {
    await expect(loadTokenizer(join(folder, 'nowhere'))).rejects.toMatchObject({
      code: 'not_found',
      message: `${join(folder, 'nowhere', 'tokenizer.json')} does not exist`,
    });
  });

  test.each<[string, unknown, string]>([
    ['no JSON', '{"model":', 'is not JSON'],
    ['a list', [], 'holds no JSON object'],
    ['no model', {}, 'has no "model" with a "vocab"'],
    ['a broken normalizer', { ...minilm, normalizer: 'x' }, '"normalizer" must be null or an object with a "type"'],
    ['broken added tokens', { ...minilm, added_tokens: [{ id: 'x' }] }, '"added_tokens" must be a list'],
    ['no unknown token', { ...minilm, model: { type: 'WordPiece', unk_token: '?', vocab: { a: 0 } } }, 'lacks the unknown token "?"'], // prettier-ignore
    ['a strange model', { model: { type: 'Psychic', vocab: {} } }, 'the model type "Psychic" is none of'],
  ])('%s is refused by name', async (_, json, message) => {
    const error = await loading(json);
    expect(error).toMatchObject({ code: 'invalid_input' });
    expect((error as Error).message).toContain(message);
    expect((error as Error).message).toContain(folder);
  });

  test('the configuration beside it is read', async () => {
    await writeFile(
      join(folder, 'tokenizer_config.json'),
      '{"model_max_length": 77, "pad_token": {"content": "[SEP]"}}',
    );
    expect(await loading(minilm)).toMatchObject({ maxLength: 77, padId: 102 });
  });

  test('other kinds go to @huggingface/tokenizers, and are cut the same way', () => {
    const bpe = createTokenizer({
      added_tokens: [{ id: 4, content: '<s>', special: true, normalized: false }],
      pre_tokenizer: { type: 'Whitespace' },
      post_processor: {
        type: 'TemplateProcessing',
        single: [{ SpecialToken: { id: '<s>', type_id: 0 } }, { Sequence: { id: 'A', type_id: 0 } }],
        special_tokens: { '<s>': { id: '<s>', ids: [4], tokens: ['<s>'] } },
      },
      model: { type: 'BPE', vocab: { a: 0, b: 1, ab: 2, c: 3 }, merges: ['a b'], unk_token: null },
    });
    expect(bpe.implementation).toBe('huggingface');
    expect(Array.from(bpe.encode('ab c'))).toEqual([4, 2, 3]);
    expect(Array.from(bpe.encode('ab c', { maxLength: 2 }))).toEqual([4, 2]);
    expect(bpe.vocabularySize).toBe(5);
  });
});
