import type { Tokenizer } from './tokenizer.ts';

/** Ids of the special tokens that stand before and behind every text. */
export const frameIds = (tokenizer: Tokenizer): { before: Int32Array; after: Int32Array } => {
  const frame = tokenizer.encode('');
  const content = tokenizer.encode('a', { specialTokens: false });
  const framed = tokenizer.encode('a');
  // What is not behind the text stands before it.
  let before = 0;
  while (before < frame.length && framed[before] === frame[before] && framed[before] !== content[0]) before++;
  return { before: frame.subarray(0, before), after: frame.subarray(before) };
};
