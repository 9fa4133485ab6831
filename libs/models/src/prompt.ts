import { invalidInput } from '@taxon/errors';
import { frameIds, longestFirst, type Tokenizer } from '@taxon/text';
import type { EncodedInput } from './encode-input.ts';
import type { TextInput } from './text-input.ts';

// Prompts (Schick & Schütze 2021): a text is put into a sentence with a hidden word, and what the masked-language head would
// put there decides.

/** How a prompt-based model asks. */
export interface Prompt {
  /** With the places `{text}` and `{mask}`, and `{pair}` for a second text: `{text} It was {mask}.` */
  template: string;
  /** What each output's label may be called, in the order of the logits. */
  words: string[][];
  /** Id of the hidden word. */
  maskId: number;
}

const places = /\{(text|pair|mask)\}/;

/**
 * @param option named in messages
 * @throws TaxonError `invalid_input` for a template without its places, or with one of them twice
 */
export const expectTemplate = (template: string, pairs: boolean, option: string): void => {
  const found = template.split(places).filter((_, i) => i % 2 === 1);
  const wanted = pairs ? ['mask', 'pair', 'text'] : ['mask', 'text'];
  if (found.toSorted().join() !== wanted.join())
    throw invalidInput(
      `${option} is '${template}'; it must have ${wanted.map((place) => `{${place}}`).join(', ')} once each`,
      "e.g. '{text} It was {mask}.'",
    );
};

const join = (parts: readonly ArrayLike<number>[]): Int32Array => {
  const ids = new Int32Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    ids.set(part, at);
    at += part.length;
  }
  return ids;
};

/** Texts in their prompt, as ids; what is too long is cut from the texts, never from the prompt. */
export const promptEncoder = (
  tokenizer: Tokenizer,
  { template, maskId }: Pick<Prompt, 'template' | 'maskId'>,
  maxLength: number,
): ((input: TextInput) => EncodedInput) => {
  const content = (text: string): Int32Array => tokenizer.encode(text, { specialTokens: false });
  const { before, after } = frameIds(tokenizer);
  const parts = template.split(places).map((part, i) => (i % 2 === 1 ? part : content(part)));
  const fixed = parts.reduce(
    (sum, part) => sum + (typeof part !== 'string' ? part.length : part === 'mask' ? 1 : 0),
    before.length + after.length,
  );
  if (fixed >= maxLength)
    throw invalidInput(
      `the prompt '${template}' takes ${fixed} tokens; maxLength ${maxLength} leaves none for the text`,
    );
  return (input) => {
    const given = typeof input === 'string' ? [input, ''] : [input.text, input.pair];
    // The only hidden word is the prompt's.
    const [text, pair] = given.map((one) => content(one).filter((id) => id !== maskId)) as [Int32Array, Int32Array];
    const [ofText, ofPair] = longestFirst(text.length, pair.length, maxLength - fixed);
    const filled: Record<string, ArrayLike<number>> = {
      text: text.subarray(0, ofText),
      pair: pair.subarray(0, ofPair),
      mask: [maskId],
    };
    return {
      ids: join([before, ...parts.map((part) => (typeof part === 'string' ? filled[part]! : part)), after]),
      truncated: ofText < text.length || ofPair < pair.length,
    };
  };
};

/**
 * The linear layer that asks the decoder for words: of every output the mean over its words, and of a word of several pieces
 * the mean over these.
 * @param rows [V, H] the decoder's matrix, which is the table of word embeddings
 * @param bias [V] its bias
 * @returns `weight` [H, outputs] and `bias` [outputs]
 * @throws TaxonError `invalid_input` for a word that the vocabulary does not know
 */
export const wordRows = (
  tokenizer: Tokenizer,
  words: readonly (readonly string[])[],
  rows: Float32Array,
  bias: Float32Array,
): { weight: Float32Array; bias: Float32Array } => {
  const hidden = rows.length / bias.length;
  const result = { weight: new Float32Array(hidden * words.length), bias: new Float32Array(words.length) };
  const unknown = tokenizer.specialIds;
  words.forEach((own, output) => {
    for (const word of own) {
      const pieces = tokenizer.encode(word, { specialTokens: false });
      if (pieces.length === 0 || pieces.some((id) => unknown.includes(id)))
        throw invalidInput(`head.prompt.words: the vocabulary does not know '${word}'`);
      const share = 1 / (own.length * pieces.length);
      for (const id of pieces) {
        for (let i = 0; i < hidden; i++) result.weight[i * words.length + output]! += share * rows[id * hidden + i]!;
        result.bias[output]! += share * bias[id]!;
      }
    }
  });
  return result;
};
