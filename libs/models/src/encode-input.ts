import { invalidInput } from '@taxon/errors';
import type { Tokenizer } from '@taxon/text';
import type { ModelDescription } from './model-folder.ts';
import { promptEncoder } from './prompt.ts';
import type { TextInput } from './text-input.ts';

/** A text as the model reads it. */
export interface EncodedInput {
  ids: Int32Array;
  /** Absent: all 0. */
  types?: Uint8Array;
  truncated: boolean;
}

type Encoded = Omit<EncodedInput, 'truncated'>;

/** A text, or a pair where the model was made for pairs, as ids. */
export const inputEncoder = (
  tokenizer: Tokenizer,
  model: Pick<ModelDescription, 'folder' | 'encoder' | 'maxLength' | 'pairs' | 'prompt'>,
): ((input: TextInput) => EncodedInput) => {
  const { folder, encoder, maxLength, pairs, prompt } = model;
  const asked = prompt && promptEncoder(tokenizer, prompt, maxLength);
  const encode = (input: TextInput, limit: number): Encoded => {
    if (typeof input === 'string') return { ids: tokenizer.encode(input, { maxLength: limit }) };
    const encoded = tokenizer.encodePair(input.text, input.pair, { maxLength: limit });
    const highest = encoded.types.reduce((most, type) => Math.max(most, type), 0);
    if (highest >= encoder.types)
      throw invalidInput(
        `${folder}: tokenizer.json gives type ${highest}; config.json says type_vocab_size ${encoder.types}`,
      );
    return encoded;
  };
  return (input) => {
    if (typeof input !== 'string' && pairs === false)
      throw invalidInput(`${folder} was trained on single texts; it does not classify pairs`);
    if (asked) return asked(input);
    // One token more than is kept tells whether anything was cut.
    const encoded = encode(input, maxLength + 1);
    if (encoded.ids.length > maxLength) return { ...encode(input, maxLength), truncated: true };
    return { ...encoded, ids: encoded.ids.length > 0 ? encoded.ids : Int32Array.of(tokenizer.padId), truncated: false };
  };
};
