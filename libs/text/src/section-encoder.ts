import { invalidInput } from '@taxon/errors';
import { bertCharacters } from './bert-characters.ts';
import { CharsmapNormalizer } from './charsmap-normalizer.ts';
import type { SectionEncoder } from './encode-section.ts';
import { SentencePieceEncoder, type SentencePieceOptions } from './sentencepiece.ts';
import { isRecord, type TokenizerJson, type TypedNode } from './tokenizer-json.ts';
import { Unigram } from './unigram.ts';
import { WordPieceEncoder } from './wordpiece.ts';

/** Our own encoder for what tokenizer.json describes, or undefined where we have none. */
export const sectionEncoder = (json: TokenizerJson): SectionEncoder | undefined => {
  if (json.model.type === 'WordPiece') return wordPiece(json);
  if (json.model.type === 'Unigram') return sentencePiece(json);
  return undefined;
};

const wordPiece = ({ model, normalizer, pre_tokenizer: preTokenizer }: TokenizerJson): SectionEncoder | undefined => {
  if (normalizer?.type !== 'BertNormalizer' || preTokenizer?.type !== 'BertPreTokenizer') return undefined;
  if (!isRecord(model['vocab']))
    throw invalidInput('tokenizer.json: the vocabulary of a WordPiece model must be an object');
  const vocabulary = new Map(Object.entries(model['vocab']) as [string, number][]);
  const unknown = textOr(model['unk_token'], '[UNK]');
  const unknownId = vocabulary.get(unknown);
  if (unknownId === undefined)
    throw invalidInput(`tokenizer.json: the vocabulary lacks the unknown token "${unknown}"`);
  const lowercase = normalizer['lowercase'] !== false;
  return new WordPieceEncoder(
    {
      vocabulary,
      unknownId,
      continuingPrefix: textOr(model['continuing_subword_prefix'], '##'),
      maxWordCharacters: Number(model['max_input_chars_per_word'] ?? 100),
    },
    bertCharacters({
      cleanText: normalizer['clean_text'] !== false,
      handleChineseChars: normalizer['handle_chinese_chars'] !== false,
      // Left open, accents go where capitals go.
      stripAccents: typeof normalizer['strip_accents'] === 'boolean' ? normalizer['strip_accents'] : lowercase,
      lowercase,
    }),
  );
};

const textOr = (value: unknown, otherwise: string): string => (typeof value === 'string' ? value : otherwise);

const sentencePiece = ({ model, ...json }: TokenizerJson): SectionEncoder | undefined => {
  const normalizing = normalizerOptions(json.normalizer);
  const words = preTokenizerOptions(json.pre_tokenizer);
  const unknownId = model['unk_id'];
  if (!normalizing || !words || typeof unknownId !== 'number' || model['byte_fallback'] === true) return undefined;
  const vocabulary = model['vocab'];
  if (!Array.isArray(vocabulary) || unknownId >= vocabulary.length)
    throw invalidInput(
      `tokenizer.json: the vocabulary of a Unigram model must be a list that holds "unk_id" ${unknownId}`,
    );
  const unigram = new Unigram({ vocabulary: vocabulary as [string, number][], unknownId });
  return new SentencePieceEncoder(unigram, { ...normalizing, ...words });
};

type Normalizing = Pick<SentencePieceOptions, 'charsmap' | 'stripLeft' | 'stripRight' | 'collapsed'>;

/** Character map, then stripping, then collapsing spaces, each of them optional; anything else is not ours. */
const normalizerOptions = (node: TypedNode | null | undefined): Normalizing | undefined => {
  const options: Normalizing = { charsmap: undefined, stripLeft: false, stripRight: false, collapsed: undefined };
  const order = ['Precompiled', 'Strip', 'Replace'];
  let reached = -1;
  for (const step of sequence(node, 'normalizers')) {
    const position = order.indexOf(step.type);
    if (position <= reached) return undefined;
    reached = position;
    if (step.type === 'Precompiled') options.charsmap = charsmap(step);
    if (step.type === 'Strip') {
      options.stripLeft = step['strip_left'] !== false;
      options.stripRight = step['strip_right'] !== false;
    }
    if (step.type === 'Replace') {
      const pattern = isRecord(step['pattern']) ? step['pattern']['Regex'] : undefined;
      const content = step['content'];
      if (pattern !== ' {2,}' || typeof content !== 'string' || content.length !== 1) return undefined;
      options.collapsed = content;
    }
  }
  return options;
};

const charsmap = (step: TypedNode): CharsmapNormalizer => {
  try {
    return new CharsmapNormalizer(String(step['precompiled_charsmap']));
  } catch (error) {
    throw invalidInput(`tokenizer.json: "precompiled_charsmap" is damaged: ${(error as Error).message}`);
  }
};

type Words = Pick<SentencePieceOptions, 'splitsWhitespace' | 'marker' | 'prepend'>;

/** Metaspace, alone or behind WhitespaceSplit (older files). */
const preTokenizerOptions = (node: TypedNode | null | undefined): Words | undefined => {
  const steps = sequence(node, 'pretokenizers');
  const metaspace = steps.at(-1);
  const splitsWhitespace = steps.length === 2 && steps[0]!.type === 'WhitespaceSplit';
  if (metaspace?.type !== 'Metaspace' || steps.length !== (splitsWhitespace ? 2 : 1)) return undefined;
  const marker = metaspace['replacement'];
  if (typeof marker !== 'string' || marker.length !== 1 || metaspace['split'] === false) return undefined;
  const legacy = metaspace['add_prefix_space'] === false ? 'never' : 'always';
  const prepend = metaspace['prepend_scheme'] ?? legacy;
  if (prepend !== 'always' && prepend !== 'first' && prepend !== 'never') return undefined;
  // Nobody's file has both, and the crate's rule for them looks at offsets in the text before normalization.
  if (prepend === 'first' && splitsWhitespace) return undefined;
  return { splitsWhitespace, marker, prepend };
};

/** The steps of a `Sequence`, or the node itself as the only one. */
const sequence = (node: TypedNode | null | undefined, key: string): TypedNode[] => {
  if (!node) return [];
  const steps = node.type === 'Sequence' ? node[key] : [node];
  return Array.isArray(steps) ? (steps as TypedNode[]) : [];
};
