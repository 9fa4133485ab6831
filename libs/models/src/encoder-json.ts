import { keptHeadsKey, type EncoderConfig } from './encoder-config.ts';

/** Keys of a source's config that tell of its own making, or of what is written anew. */
const notTakenOver = [
  ...['_name_or_path', 'transformers_version', 'torch_dtype', 'label2id', 'id2label', 'is_local'],
  ...['problem_type', keptHeadsKey],
];

/** A Hugging Face `config.json`: what the source's has beside the encoder's shape, and the shape. */
export const encoderJson = (
  base: Readonly<Record<string, unknown>>,
  encoder: EncoderConfig,
  architecture: string,
): Record<string, unknown> => ({
  ...Object.fromEntries(Object.entries(base).filter(([key]) => !notTakenOver.includes(key))),
  architectures: [architecture],
  model_type: 'bert',
  dtype: 'float32',
  num_hidden_layers: encoder.layers,
  hidden_size: encoder.hidden,
  num_attention_heads: encoder.heads,
  ...(encoder.keptHeads && { [keptHeadsKey]: encoder.keptHeads }),
  intermediate_size: encoder.intermediate,
  max_position_embeddings: encoder.positions,
  vocab_size: encoder.vocabulary,
  type_vocab_size: encoder.types,
  layer_norm_eps: encoder.layerNormEpsilon,
  hidden_act: 'gelu',
  position_embedding_type: 'absolute',
});
