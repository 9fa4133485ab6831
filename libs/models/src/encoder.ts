import { attention, dropoutKey, gelu, int8Linear, layerNorm, randomKeep, type Int8Matrix } from '@taxon/compute';
import * as tf from '@tensorflow/tfjs-core';
import type { EncoderConfig } from './encoder-config.ts';

// BERT (Devlin et al. 2019) on packed texts. Tokens are position-major: row t = position·rows + row, so that the heads
// of one position lie side by side and attention needs no transpose of its inputs.
// S: length of a packed row, R: rows, T = S·R tokens, H: hidden, A: heads, D = H/A, F: intermediate.

export type Parameters = Record<string, tf.Tensor>;

/** Shape of every trainable tensor behind the embedding tables, by name. Matrices are [in, out]. */
export const encoderShapes = ({ layers, hidden, intermediate }: EncoderConfig): Record<string, number[]> => {
  const shapes: Record<string, number[]> = {};
  const norm = (name: string): void => {
    shapes[`${name}.gamma`] = [hidden];
    shapes[`${name}.beta`] = [hidden];
  };
  const linear = (name: string, inputs: number, outputs: number): void => {
    shapes[`${name}.weight`] = [inputs, outputs];
    shapes[`${name}.bias`] = [outputs];
  };
  norm('embeddings.norm');
  for (let i = 0; i < layers; i++) {
    for (const projection of ['query', 'key', 'value', 'output']) linear(`layer.${i}.${projection}`, hidden, hidden);
    norm(`layer.${i}.attentionNorm`);
    linear(`layer.${i}.up`, hidden, intermediate);
    linear(`layer.${i}.down`, intermediate, hidden);
    norm(`layer.${i}.outputNorm`);
  }
  return shapes;
};

export interface Dropout {
  rate: number;
  /** int32 scalar that changes with every step. */
  key: tf.Tensor;
}

export interface EncoderInputs {
  /** [T, H] word + position + type embeddings, before their normalisation. */
  embeddings: tf.Tensor;
  /** [R, S] int32: which text of its row a token belongs to, −1 for padding. */
  segments: tf.Tensor;
  dropout?: Dropout;
}

const int8Parts = ['byColumn', 'columnScales', 'byRow', 'rowScales'] as const;

/** Names under which the parts of a weight's int8 form stand among the parameters. */
export const int8Names = (weight: string): Record<(typeof int8Parts)[number], string> =>
  Object.fromEntries(int8Parts.map((part) => [part, `${weight}.${part}`])) as Record<
    (typeof int8Parts)[number],
    string
  >;

/** A linear layer: [T, in] → [T, out]; with 8-bit products where the weight's int8 form is among the parameters. */
export const linear = (p: Parameters, name: string, x: tf.Tensor): tf.Tensor => {
  const [weight, bias] = [p[`${name}.weight`]!, p[`${name}.bias`]!];
  const int8 = Object.entries(int8Names(`${name}.weight`)).map(([part, key]) => [part, p[key]] as const);
  return int8.some(([, tensor]) => tensor === undefined)
    ? tf.add(tf.matMul(x as tf.Tensor2D, weight as tf.Tensor2D), bias)
    : int8Linear(x, weight, bias, Object.fromEntries(int8) as unknown as Int8Matrix);
};

/** [R, 1, S, S]: 0 between tokens of one text, −10,000 elsewhere (BERT's own constant; exp of it is 0 in fp32). */
const blockDiagonalBias = (segments: tf.Tensor): tf.Tensor => {
  const [rows, length] = segments.shape as [number, number];
  const same = tf.equal(tf.reshape(segments, [rows, 1, length, 1]), tf.reshape(segments, [rows, 1, 1, length]));
  return tf.mul(tf.sub(1, tf.cast(same, 'float32')), -1e4);
};

/** The encoder: [T, H] embeddings → [T, H] last hidden state. */
export const encoder = (
  p: Parameters,
  { embeddings, segments, dropout }: EncoderInputs,
  config: EncoderConfig,
): tf.Tensor => {
  const { layers, heads, hidden, layerNormEpsilon: epsilon } = config;
  const [rows, length] = segments.shape as [number, number];
  const tokens = rows * length;
  const bias = blockDiagonalBias(segments);
  const norm = (name: string, x: tf.Tensor): tf.Tensor =>
    layerNorm(x, p[`${name}.gamma`]!, p[`${name}.beta`]!, epsilon);

  let site = 0; // every place of dropout draws its own numbers
  const keep = (shape: number[]): tf.Tensor | undefined =>
    dropout && dropout.rate > 0
      ? randomKeep(tf.add(dropout.key, tf.scalar(dropoutKey(0, 0, site++), 'int32')), shape, dropout.rate)
      : undefined;
  const drop = (x: tf.Tensor): tf.Tensor => {
    const factors = keep(x.shape);
    return factors === undefined ? x : tf.mul(x, factors);
  };
  const split = (x: tf.Tensor): tf.Tensor => tf.reshape(x, [length, rows * heads, hidden / heads]); // [S, R·A, D]

  let x = drop(norm('embeddings.norm', embeddings));
  for (let i = 0; i < layers; i++) {
    const layer = `layer.${i}`;
    const [q, k, v] = ['query', 'key', 'value'].map((name) => split(linear(p, `${layer}.${name}`, x))) as [
      tf.Tensor,
      tf.Tensor,
      tf.Tensor,
    ];
    const context = attention(q, k, v, bias, { heads, keep: keep([rows, heads, length, length]) });
    const attended = linear(p, `${layer}.output`, tf.reshape(context, [tokens, hidden]));
    x = norm(`${layer}.attentionNorm`, tf.add(drop(attended), x));
    const fed = linear(p, `${layer}.down`, gelu(linear(p, `${layer}.up`, x)));
    x = norm(`${layer}.outputNorm`, tf.add(drop(fed), x));
  }
  return x;
};
