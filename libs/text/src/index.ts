export { longestFirst, type EncodedPair } from './encode-pair.ts';
export { frameIds } from './frame-ids.ts';
export { loadTokenizer } from './load-tokenizer.ts';
export { createTokenizer, type EncodeOptions, type Tokenizer } from './tokenizer.ts';
export {
  chooseRowLength,
  fillBatch,
  planBatches,
  type BatchPlan,
  type FillOptions,
  type PackedBatch,
  type PackShape,
} from './pack.ts';
