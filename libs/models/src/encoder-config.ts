import { invalidInput } from '@taxon/errors';
import { z } from 'zod';

/** The shape of a BERT-family encoder, as `config.json` tells it. */
export interface EncoderConfig {
  layers: number;
  hidden: number;
  heads: number;
  /** By layer, 0-based and rising: the heads that are left where some were pruned. Absent: all of every layer. */
  keptHeads?: readonly (readonly number[])[];
  /** Width of the feed-forward layer. */
  intermediate: number;
  /** Longest text in tokens. */
  positions: number;
  vocabulary: number;
  types: number;
  layerNormEpsilon: number;
}

/**
 * The key of `config.json` that says which heads a pruned encoder computes. Hugging Face's BERT has no place for that: the others
 * stand in the file as zeros, so that its libraries compute the same.
 */
export const keptHeadsKey = 'taxon_kept_heads';

const configSchema = z.looseObject({
  model_type: z.string(),
  num_hidden_layers: z.int().min(1).max(100),
  hidden_size: z.int().min(1).max(16_384),
  num_attention_heads: z.int().min(1).max(256),
  intermediate_size: z.int().min(1).max(65_536),
  max_position_embeddings: z.int().min(2).max(131_072),
  vocab_size: z.int().min(1).max(10_000_000),
  type_vocab_size: z.int().min(1).max(16).default(2),
  layer_norm_eps: z.number().positive().default(1e-12),
  hidden_act: z.string().default('gelu'),
  position_embedding_type: z.string().default('absolute'),
  [keptHeadsKey]: z.array(z.array(z.int().min(0)).min(1)).nullish(),
});

const readKeptHeads = (
  kept: number[][] | null | undefined,
  { layers, heads }: { layers: number; heads: number },
  source: string,
): number[][] | undefined => {
  if (kept === null || kept === undefined) return undefined;
  const wrong = kept.find((own) => own.some((head, i) => head >= heads || head <= (own[i - 1] ?? -1)));
  if (kept.length !== layers || wrong !== undefined)
    throw invalidInput(
      `${source}: ${keptHeadsKey} is ${JSON.stringify(wrong ?? kept)}; it has a rising list of heads below ${heads} for each of ${layers} layers`,
    );
  return kept;
};

/** How many heads a layer computes. */
export const headsOf = ({ heads, keptHeads }: Pick<EncoderConfig, 'heads' | 'keptHeads'>, layer: number): number =>
  keptHeads?.[layer]?.length ?? heads;

/** Width of a layer's queries, keys and values. */
export const attentionWidth = (config: Pick<EncoderConfig, 'hidden' | 'heads' | 'keptHeads'>, layer: number): number =>
  headsOf(config, layer) * (config.hidden / config.heads);

/**
 * Reads a Hugging Face `config.json`.
 * @param source named in messages
 * @throws TaxonError `invalid_input` naming the field, its value, and what is supported
 */
export const parseEncoderConfig = (json: unknown, source: string): EncoderConfig => {
  const result = configSchema.safeParse(json);
  if (!result.success) {
    const [issue] = result.error.issues;
    throw invalidInput(`${source}: ${issue!.path.join('.') || 'config'}: ${issue!.message}`);
  }
  const config = result.data;
  const unsupported = (field: string, value: unknown, supported: string) =>
    invalidInput(`${source}: ${field} is '${String(value)}'; supported: ${supported}`);
  if (config.model_type !== 'bert') throw unsupported('model_type', config.model_type, 'bert');
  if (config.hidden_act !== 'gelu') throw unsupported('hidden_act', config.hidden_act, 'gelu');
  if (config.position_embedding_type !== 'absolute')
    throw unsupported('position_embedding_type', config.position_embedding_type, 'absolute');
  if (config.hidden_size % config.num_attention_heads !== 0)
    throw unsupported(
      'hidden_size',
      config.hidden_size,
      `a multiple of num_attention_heads (${config.num_attention_heads})`,
    );
  const [layers, heads] = [config.num_hidden_layers, config.num_attention_heads];
  const keptHeads = readKeptHeads(config[keptHeadsKey], { layers, heads }, source);
  return {
    layers,
    hidden: config.hidden_size,
    heads,
    ...(keptHeads && { keptHeads }),
    intermediate: config.intermediate_size,
    positions: config.max_position_embeddings,
    vocabulary: config.vocab_size,
    types: config.type_vocab_size,
    layerNormEpsilon: config.layer_norm_eps,
  };
};
