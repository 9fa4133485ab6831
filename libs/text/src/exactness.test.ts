import { describe, expect, test } from 'vitest';
import { createTokenizer } from './index.ts';
import { testCorpus } from './test-corpus.ts';
import {
  askReference,
  corpusDigest,
  fingerprint,
  readRecorded,
  record,
  referencePython,
  referenceTokenizerJson,
} from './test-reference.ts';

/** `TAXON_RECORD=1` writes the fixtures anew, from the Python that the live tests use. */
const recording = process.env['TAXON_RECORD'] === '1';
const python = referencePython();
const texts = testCorpus();

/** The first texts whose ids differ, to read; empty when all agree. */
const differences = (encode: (text: string) => Int32Array, expected: number[][], of = texts): unknown[] =>
  of.flatMap((text, i) => {
    const ids = Array.from(encode(text));
    return fingerprint(ids) === fingerprint(expected[i]!)
      ? []
      : [{ text: text.slice(0, 200), ids, expected: expected[i] }];
  });

describe.each(['minilm', 'e5-zh-en'] as const)('%s', (name) => {
  const json = referenceTokenizerJson(name);
  const tokenizer = json && createTokenizer(json);

  test.skipIf(!tokenizer || recording)('gives the recorded ids on 10,000 texts', () => {
    const recorded = readRecorded(name);
    expect(corpusDigest(texts), 'the corpus has changed: record again with TAXON_RECORD=1').toBe(recorded.corpusDigest);
    for (const [i, ids] of Object.entries(recorded.ids))
      expect(Array.from(tokenizer!.encode(texts[Number(i)]!)), JSON.stringify(texts[Number(i)])).toEqual(ids);
    const wrong = texts.filter((text, i) => fingerprint(tokenizer!.encode(text)) !== recorded.fingerprints[i]);
    expect(texts).toHaveLength(10_000);
    expect(wrong).toEqual([]);
  });

  test.skipIf(!tokenizer || !python)(
    'gives the ids of the Rust crate, asked live (needs Python with tokenizers)',
    async () => {
      const { version, ids } = await askReference(python!, json, texts);
      if (recording) record(name, texts, version, ids);
      expect(differences((text) => tokenizer!.encode(text), ids)).toEqual([]);
    },
  );

  test.skipIf(!tokenizer || !python).each([2, 3, 16, 128])(
    'cuts to %d tokens as the Rust crate does (needs Python with tokenizers)',
    async (maxLength) => {
      const some = testCorpus(2000, maxLength);
      const { ids } = await askReference(python!, json, some, maxLength);
      expect(differences((text) => tokenizer!.encode(text, { maxLength }), ids, some)).toEqual([]);
    },
  );
});

const bert = (
  clean_text: boolean,
  handle_chinese_chars: boolean,
  strip_accents: boolean | null,
  lowercase: boolean,
) => ({
  normalizer: { type: 'BertNormalizer', clean_text, handle_chinese_chars, strip_accents, lowercase },
});
const e5 = referenceTokenizerJson('e5-zh-en');
const charsmap = (e5?.['normalizer'] as { normalizers: unknown[] } | undefined)?.normalizers[0];
const metaspace = { type: 'Metaspace', replacement: '▁', prepend_scheme: 'always', split: true };
const strip = (strip_left: boolean) => ({ type: 'Strip', strip_left, strip_right: true });
const collapse = (content: string) => ({ type: 'Replace', pattern: { Regex: ' {2,}' }, content });

/** Settings of other people's files: cased and Chinese BERT, older and newer exports of XLM-RoBERTa. */
const variants: [string, 'minilm' | 'e5-zh-en', Record<string, unknown>][] = [
  ['cased', 'minilm', bert(true, true, null, false)],
  ['cased without accents', 'minilm', bert(true, true, true, false)],
  ['lower case with accents', 'minilm', bert(true, true, false, true)],
  ['not cleaned', 'minilm', bert(false, true, true, true)],
  ['Chinese in words', 'minilm', bert(true, false, true, true)],
  ['untouched', 'minilm', bert(false, false, false, false)],
  ['split at white space', 'e5-zh-en', { normalizer: charsmap, pre_tokenizer: { type: 'Sequence', pretokenizers: [{ type: 'WhitespaceSplit' }, metaspace] } }], // prettier-ignore
  ['stripped right', 'e5-zh-en', { normalizer: { type: 'Sequence', normalizers: [charsmap, strip(false), collapse('▁')] } }], // prettier-ignore
  ['stripped', 'e5-zh-en', { normalizer: { type: 'Sequence', normalizers: [charsmap, strip(true), collapse(' ')] } }],
  ['no character map', 'e5-zh-en', { normalizer: null }],
  ['prefix at the start', 'e5-zh-en', { pre_tokenizer: { ...metaspace, prepend_scheme: 'first' } }],
  ['no prefix', 'e5-zh-en', { pre_tokenizer: { ...metaspace, prepend_scheme: 'never' } }],
];

test.skipIf(!python || !e5).each(variants)(
  'gives the ids of the Rust crate with other settings: %s (needs Python with tokenizers)',
  async (_, name, settings) => {
    const json = { ...referenceTokenizerJson(name), ...settings };
    const tokenizer = createTokenizer(json);
    const some = testCorpus(6000, 3);
    expect(tokenizer.implementation).toBe('native');
    expect(differences((text) => tokenizer.encode(text), (await askReference(python!, json, some)).ids, some)).toEqual(
      [],
    );
  },
);
