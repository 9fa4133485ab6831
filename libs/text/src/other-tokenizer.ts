import { Tokenizer as HuggingFaceTokenizer } from '@huggingface/tokenizers';
import { TaxonError, invalidInput } from '@taxon/errors';
import type { TokenizerConfig, TokenizerJson } from './tokenizer-json.ts';

/** Every tokenizer kind that is not ours, through `@huggingface/tokenizers`: slower, and not exact in the corners of Unicode. */
export const otherTokenizer = (json: TokenizerJson, config: TokenizerConfig) => {
  const tokenizer = open(json, config);
  // What stands around no text at all are the special tokens; how many of them come first shows on any other text.
  const frame = tokenizer.encode('').ids;
  const probe = tokenizer.encode('a').ids;
  let before = 0;
  while (before < frame.length && frame[before] === probe[before]) before++;
  const after = frame.length - before;
  return {
    encode(text: string, maxLength = Infinity): Int32Array {
      if (!(maxLength >= frame.length))
        throw invalidInput(
          `maxLength ${maxLength} leaves no room for the ${frame.length} special tokens; give at least ${frame.length}`,
        );
      const { ids } = tokenizer.encode(text);
      if (ids.length <= maxLength) return Int32Array.from(ids);
      return Int32Array.from([...ids.slice(0, maxLength - after), ...ids.slice(ids.length - after)]);
    },
    /** Without special tokens. */
    content: (text: string, maxLength = Infinity): Int32Array =>
      Int32Array.from(tokenizer.encode(text, { add_special_tokens: false }).ids).subarray(0, maxLength),
  };
};

/** The package wants every part named. */
const noParts = { added_tokens: [], normalizer: null, pre_tokenizer: null, post_processor: null, decoder: null };

const modelTypes = ['WordPiece', 'Unigram', 'BPE', 'WordLevel'];

const open = (json: TokenizerJson, config: TokenizerConfig): HuggingFaceTokenizer => {
  if (!modelTypes.includes(json.model.type))
    throw invalidInput(`tokenizer.json: the model type "${json.model.type}" is none of ${modelTypes.join(', ')}`);
  try {
    return new HuggingFaceTokenizer({ ...noParts, ...json }, config);
  } catch (error) {
    throw new TaxonError({
      code: 'invalid_input',
      message: `tokenizer.json describes a "${json.model.type}" tokenizer that cannot be read: ${(error as Error).message}`,
      hint: 'Taxon reads what Hugging Face saves with save_pretrained() of a fast tokenizer.',
      cause: error,
    });
  }
};
