import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { longestFirst } from './encode-pair.ts';
import { createTokenizer, frameIds } from './index.ts';
import { testCorpus } from './test-corpus.ts';
import { askReferencePairs, referencePython, referenceTokenizerJson } from './test-reference.ts';

const minilm = referenceTokenizerJson('minilm')!;
const tokenizer = createTokenizer(minilm);
const python = referencePython();
const pad = { id: 0, content: '[PAD]', special: true, normalized: false };

test('BERT reads a pair as [CLS] a [SEP] b [SEP], the second part of type 1', () => {
  const { ids, types } = tokenizer.encodePair('My card', 'is lost');
  expect(tokenizer.decodeTokens(ids)).toEqual(['[CLS]', 'my', 'card', '[SEP]', 'is', 'lost', '[SEP]']);
  expect([...types]).toEqual([0, 0, 0, 0, 1, 1, 1]);
});

test('a pair holds what its texts hold', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), fc.string({ unit: 'grapheme' }), (text, pair) => {
      const { ids, types } = tokenizer.encodePair(text, pair);
      const [first, second] = [text, pair].map((one) => [...tokenizer.encode(one)]);
      expect([...ids]).toEqual([...first!, ...second!.slice(1)]);
      expect([...types]).toEqual([...first!.map(() => 0), ...second!.slice(1).map(() => 1)]);
    }),
  );
});

test('what is cut is the longer text, until both are cut alike', () => {
  expect(longestFirst(3, 10, 9)).toEqual([3, 6]);
  expect(longestFirst(10, 3, 9)).toEqual([6, 3]);
  expect(longestFirst(10, 12, 9)).toEqual([4, 5]);
  expect(longestFirst(12, 10, 9)).toEqual([5, 4]);
  const length = fc.nat(40);
  fc.assert(
    fc.property(length, length, length, (first, second, room) => {
      const [a, b] = longestFirst(first, second, room);
      expect(a + b).toBe(Math.min(room, first + second));
      expect([a <= first, b <= second]).toEqual([true, true]);
      if (a < first && b < second) expect(Math.abs(a - b)).toBeLessThanOrEqual(1);
    }),
  );
});

test('a length that cannot hold the special tokens of a pair is refused', () => {
  expect([...tokenizer.encodePair('a', 'b', { maxLength: 3 }).ids]).toEqual([101, 102, 102]);
  expect(() => tokenizer.encodePair('a', 'b', { maxLength: 2 })).toThrow('3 special tokens of a pair');
});

test('the mask, the special tokens, and texts without them', () => {
  expect(tokenizer.mask).toEqual({ id: 103, token: '[MASK]' });
  expect(tokenizer.specialIds).toEqual([0, 100, 101, 102, 103]);
  expect(createTokenizer({ model: { type: 'WordLevel', vocab: { a: 0 } } }).mask).toBeUndefined();
  expect(tokenizer.decodeTokens(tokenizer.encode('It was [MASK].', { specialTokens: false }))).toEqual(['it', 'was', '[MASK]', '.']); // prettier-ignore
});

test('the frame is what stands around every text', () => {
  const found = frameIds(tokenizer);
  expect([[...found.before], [...found.after]]).toEqual([[101], [102]]);
  const bare = frameIds(createTokenizer({ ...minilm, post_processor: null }));
  expect([bare.before.length, bare.after.length]).toEqual([0, 0]);
});

test('a tokenizer that does not say how pairs are laid out refuses them', () => {
  const single = [{ Sequence: { id: 'A', type_id: 0 } }];
  const json = {
    ...minilm,
    post_processor: { type: 'TemplateProcessing', single, pair: single, special_tokens: {} },
  };
  expect(() => createTokenizer(json).encodePair('a', 'b')).toThrow('how two texts are laid out');
});

/** Neighbours of the corpus, long beside short. */
const pairs = (count: number, seed: number): [string, string][] => {
  const texts = testCorpus(4 * count, seed).filter(({ length }) => length < 300);
  return Array.from({ length: count }, (_, i) => [texts[i]!, texts[count + i]!]);
};

const bert = { type: 'BertProcessing', sep: ['[SEP]', 102], cls: ['[CLS]', 101] };
const roberta = { ...bert, type: 'RobertaProcessing', trim_offsets: true, add_prefix_space: false };
const bpe = {
  version: '1.0',
  added_tokens: [{ ...pad, id: 3, single_word: false, lstrip: false, rstrip: false }],
  pre_tokenizer: { type: 'Whitespace' },
  post_processor: {
    type: 'TemplateProcessing',
    single: [{ Sequence: { id: 'A', type_id: 0 } }],
    pair: [
      { Sequence: { id: 'B', type_id: 1 } },
      { SpecialToken: { id: '[PAD]', type_id: 2 } },
      { Sequence: { id: 'A', type_id: 0 } },
    ],
    special_tokens: { '[PAD]': { id: '[PAD]', ids: [3], tokens: ['[PAD]'] } },
  },
  model: { type: 'BPE', vocab: { a: 0, e: 1, ae: 2 }, merges: ['a e'] },
};
const kinds: [string, Record<string, unknown> | undefined][] = [
  ['BERT', minilm],
  ['multilingual E5', referenceTokenizerJson('e5-zh-en')],
  ['BertProcessing', { ...minilm, post_processor: bert }],
  ['RobertaProcessing', { ...minilm, post_processor: roberta }],
  ['no post-processor', { ...minilm, post_processor: null }],
  ['BPE, the pair first', bpe],
];

describe.each(kinds)('%s', (_, json) => {
  test.skipIf(!json || !python).each([undefined, 5, 16])(
    'gives the ids and types of the Rust crate, cut to %s (needs Python with tokenizers, and the encoder)',
    async (maxLength) => {
      const some = pairs(300, maxLength ?? 1);
      const expected = await askReferencePairs(python!, json, some, maxLength);
      const ours = createTokenizer(json);
      const wrong = some.flatMap(([text, pair], i) => {
        const { ids, types } = ours.encodePair(text, pair, { maxLength });
        const same = JSON.stringify([[...ids], [...types]]) === JSON.stringify(expected[i]);
        return same ? [] : [{ text, pair, ids: [...ids].join(), expected: expected[i]!.map((list) => list.join()) }];
      });
      expect(wrong.slice(0, 3)).toEqual([]);
    },
  );
});
