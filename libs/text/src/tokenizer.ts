import { invalidInput } from '@taxon/errors';
import { addedTokenFinder } from './added-tokens.ts';
import { pairEncoder, type EncodedPair } from './encode-pair.ts';
import type { SectionEncoder } from './encode-section.ts';
import { IdBuffer } from './id-buffer.ts';
import { otherTokenizer } from './other-tokenizer.ts';
import { sectionEncoder } from './section-encoder.ts';
import { pairTemplate, specialFrame, type SpecialFrame } from './special-frame.ts';
import {
  asTokenizerJson,
  isRecord,
  tokenId,
  tokensById,
  type TokenizerConfig,
  type TokenizerJson,
} from './tokenizer-json.ts';

export interface EncodeOptions {
  /** Longest result, special tokens included; texts are cut at the end. Absent: nothing is cut. */
  maxLength?: number;
  /** `false`: without the special tokens around the text. @default true */
  specialTokens?: boolean;
}

/** Text to ids, and exactly those of Hugging Face's `tokenizers` for the same tokenizer.json (without its padding and truncation). */
export interface Tokenizer {
  /**
   * Ids of one text with its special tokens. Lone surrogates count as U+FFFD, as in UTF-8.
   * @throws TaxonError `invalid_input` for a `maxLength` that does not even hold the special tokens
   */
  encode(text: string, options?: EncodeOptions): Int32Array;
  encodeBatch(texts: readonly string[], options?: EncodeOptions): Int32Array[];
  /**
   * Two texts as one, with the special tokens and types of the model's kind: `[CLS] text [SEP] pair [SEP]`. Cut by
   * `longest_first`.
   * @throws TaxonError `invalid_input` for a `maxLength` that does not even hold the special tokens, or where the tokenizer's
   * file does not say how pairs are laid out
   */
  encodePair(text: string, pair: string, options?: Pick<EncodeOptions, 'maxLength'>): EncodedPair;
  /** The pieces behind ids, as the vocabulary spells them; unknown ids become `""`. */
  decodeTokens(ids: ArrayLike<number>): string[];
  /** Ids are 0 to `vocabularySize - 1`. */
  readonly vocabularySize: number;
  readonly padId: number;
  /** The token that stands for a hidden word, where the vocabulary has one. */
  readonly mask: { id: number; token: string } | undefined;
  /** Ids of special tokens. */
  readonly specialIds: readonly number[];
  /** Longest input the model takes, special tokens included, where the folder says it. */
  readonly maxLength: number | undefined;
  /** `native` runs our own code, `huggingface` the package `@huggingface/tokenizers` (any kind but BERT's and XLM-R's). */
  readonly implementation: 'native' | 'huggingface';
}

/**
 * Makes a tokenizer from the parsed files of a Hugging Face folder.
 * @throws TaxonError `invalid_input` naming the key that is wrong
 */
export const createTokenizer = (tokenizerJson: unknown, tokenizerConfig: unknown = {}): Tokenizer => {
  const json = asTokenizerJson(tokenizerJson, 'tokenizer.json');
  const config: TokenizerConfig = isRecord(tokenizerConfig) ? tokenizerConfig : {};
  const frame = specialFrame(json);
  // A token that is looked for in normalized text needs the whole text normalized first: not our one-pass way.
  const plainTokens = (json.added_tokens ?? []).every(({ normalized }) => normalized === false);
  const sections = frame && plainTokens ? sectionEncoder(json) : undefined;
  const { encode, content } = frame && sections ? framedEncoder(json, frame, sections) : otherTokenizer(json, config);
  const encodeOne = (text: string, { maxLength, specialTokens = true }: EncodeOptions): Int32Array =>
    specialTokens ? encode(text, maxLength) : content(text, maxLength);
  const template = pairTemplate(json);
  const pairs = template && pairEncoder(template, content);

  let tokens: string[] | undefined;
  const allTokens = (): string[] => (tokens ??= tokensById(json));
  return {
    encode: (text, options = {}) => encodeOne(text, options),
    encodeBatch: (texts, options = {}) => texts.map((text) => encodeOne(text, options)),
    encodePair(text, pair, { maxLength } = {}) {
      if (!pairs) throw invalidInput('tokenizer.json: its post-processor does not say how two texts are laid out');
      return pairs(text, pair, maxLength);
    },
    decodeTokens: (ids) => Array.from(ids, (id) => allTokens()[id] ?? ''),
    vocabularySize: vocabularySize(json),
    padId: padId(json, config),
    mask: mask(json, config),
    specialIds: (json.added_tokens ?? []).filter(({ special }) => special === true).map(({ id }) => id),
    maxLength: maxLength(config),
    implementation: sections ? 'native' : 'huggingface',
  };
};

const framedEncoder = (json: TokenizerJson, frame: SpecialFrame, sections: SectionEncoder) => {
  const find = addedTokenFinder(json.added_tokens ?? []);
  const out = new IdBuffer();
  const specials = frame.before.length + frame.after.length;
  /** Appends the ids of a text; may go past the limit. */
  const append = (text: string, limit: number): void => {
    let start = 0;
    for (const match of find(text)) {
      if (match.start > start) sections.encode(text.slice(start, match.start), start === 0, out, limit);
      out.push(match.id);
      start = match.end;
    }
    if (start < text.length) sections.encode(start === 0 ? text : text.slice(start), start === 0, out, limit);
    if (out.length > limit) out.length = limit;
  };
  return {
    encode(text: string, maxLength = Infinity): Int32Array {
      if (!(maxLength >= specials)) throw tooShort(maxLength, specials);
      out.length = 0;
      for (const id of frame.before) out.push(id);
      append(text, maxLength - frame.after.length);
      for (const id of frame.after) out.push(id);
      return out.ids.slice(0, out.length);
    },
    content(text: string, maxLength = Infinity): Int32Array {
      out.length = 0;
      append(text, maxLength);
      return out.ids.slice(0, out.length);
    },
  };
};

const tooShort = (maxLength: number, specials: number) =>
  invalidInput(`maxLength ${maxLength} leaves no room for the ${specials} special tokens; give at least ${specials}`);

const vocabularySize = (json: TokenizerJson): number => {
  let largest = -1;
  const vocab = json.model['vocab'];
  if (Array.isArray(vocab)) largest = vocab.length - 1;
  else if (isRecord(vocab)) for (const id of Object.values(vocab)) largest = Math.max(largest, Number(id));
  for (const { id } of json.added_tokens ?? []) largest = Math.max(largest, id);
  return largest + 1;
};

/** The config's padding token, else the one of tokenizer.json, else the usual names, else 0. */
const padId = (json: TokenizerJson, config: TokenizerConfig): number => {
  const named = typeof config.pad_token === 'string' ? config.pad_token : config.pad_token?.content;
  return (
    (named === undefined ? undefined : tokenId(json, named)) ??
    json.padding?.pad_id ??
    tokenId(json, '[PAD]') ??
    tokenId(json, '<pad>') ??
    0
  );
};

/** The config's mask token, else the usual names. */
const mask = (json: TokenizerJson, config: TokenizerConfig): Tokenizer['mask'] => {
  const named = typeof config.mask_token === 'string' ? config.mask_token : config.mask_token?.content;
  for (const token of [named, '[MASK]', '<mask>']) {
    const id = token === undefined ? undefined : tokenId(json, token);
    if (token !== undefined && id !== undefined) return { id, token };
  }
  return undefined;
};

/** Folders without a limit say 10³⁰ or so. */
const maxLength = ({ model_max_length: length }: TokenizerConfig): number | undefined =>
  typeof length === 'number' && length > 0 && length < 1e9 ? length : undefined;
