import {
  attention,
  checkpoint,
  dropoutKey,
  gelu,
  int8Linear,
  layerNorm,
  randomKeep,
  type Int8Matrix,
} from '@taxon/compute';
import * as tf from '@tensorflow/tfjs-core';
import { attentionWidth, headsOf, type EncoderConfig } from './encoder-config.ts';
import { loraNames } from './lora.ts';

// BERT (Devlin et al. 2019) on packed texts. Tokens are position-major: row t = position·rows + row, so that the heads
// of one position lie side by side and attention needs no transpose of its inputs.
// S: length of a packed row, R: rows, T = S·R tokens, H: hidden, A: heads, D = H/A, F: intermediate.

export type Parameters = Record<string, tf.Tensor>;

/** Shape of every trainable tensor behind the embedding tables, by name. Matrices are [in, out]. */
export const encoderShapes = (config: EncoderConfig): Record<string, number[]> => {
  const { layers, hidden, intermediate } = config;
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
    const width = attentionWidth(config, i);
    for (const projection of ['query', 'key', 'value']) linear(`layer.${i}.${projection}`, hidden, width);
    linear(`layer.${i}.output`, width, hidden);
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
  /** [T, H] word + position + type embeddings, before their normalisation; the states that go into layer `begin`, if it is above 0. */
  embeddings: tf.Tensor;
  /** [R, S] int32: which text of its row a token belongs to, −1 for padding. */
  segments: tf.Tensor;
  dropout?: Dropout;
  /** The backward pass computes each layer's activations anew, instead of keeping them from the forward pass. @default false */
  recompute?: boolean;
  /** The first layer that is computed. @default 0 */
  begin?: number;
  /** The layer before which the encoder ends. @default the number of layers */
  end?: number;
  /** α/r of the low-rank matrices, where any are among the parameters. */
  loraScale?: number;
  /**
   * Shown what is computed on the way, by name: `layer.I` [T, H], the states behind layer I; within it, unless it is recomputed,
   * `layer.I.query`, `.key`, `.value` and `.context` [T, heads·D], and `layer.I.activation` [T, F], behind Gelu.
   */
  tap?: (name: string, x: tf.Tensor) => void;
}

const int8Parts = ['byColumn', 'columnScales', 'byRow', 'rowScales'] as const;

/** Names under which the parts of a weight's int8 form stand among the parameters. */
export const int8Names = (weight: string): Record<(typeof int8Parts)[number], string> =>
  Object.fromEntries(int8Parts.map((part) => [part, `${weight}.${part}`])) as Record<
    (typeof int8Parts)[number],
    string
  >;

const multiply = (a: tf.Tensor, b: tf.Tensor): tf.Tensor => tf.matMul(a, b);

/**
 * A linear layer: [T, in] → [T, out]; with 8-bit products where the weight's int8 form is among the parameters.
 * @param loraScale factor on what low-rank matrices among the parameters add
 */
export const linear = (p: Parameters, name: string, x: tf.Tensor, loraScale = 1): tf.Tensor => {
  const [weight, bias] = [p[`${name}.weight`]!, p[`${name}.bias`]!];
  const int8 = Object.entries(int8Names(`${name}.weight`)).map(([part, key]) => [part, p[key]] as const);
  const y = int8.some(([, tensor]) => tensor === undefined)
    ? tf.add(multiply(x, weight), bias)
    : int8Linear(x, weight, bias, Object.fromEntries(int8) as unknown as Int8Matrix);
  const { a, b } = loraNames(`${name}.weight`);
  if (p[a] === undefined || p[b] === undefined) return y;
  return tf.add(y, multiply(tf.mul(multiply(x, p[a]), loraScale), p[b])); // [T, in] → [T, r] → [T, out]
};

/** [R, 1, S, S]: 0 between tokens of one text, −10,000 elsewhere (BERT's own constant; exp of it is 0 in fp32). */
export const blockDiagonalBias = (segments: tf.Tensor): tf.Tensor => {
  const [rows, length] = segments.shape as [number, number];
  const same = tf.equal(tf.reshape(segments, [rows, 1, length, 1]), tf.reshape(segments, [rows, 1, 1, length]));
  return tf.mul(tf.sub(1, tf.cast(same, 'float32')), -1e4);
};

/** Places of dropout: one behind the embeddings, then so many a layer. */
const sitesPerLayer = 3;

/** The encoder: [T, H] embeddings → [T, H] last hidden state. */
export const encoder = (
  p: Parameters,
  { embeddings, segments, dropout, recompute = false, begin = 0, end, loraScale, tap }: EncoderInputs,
  config: EncoderConfig,
): tf.Tensor => {
  const { layers, layerNormEpsilon: epsilon } = config;
  const size = config.hidden / config.heads;
  const [rows, length] = segments.shape as [number, number];
  const tokens = rows * length;
  const bias = blockDiagonalBias(segments);
  const norm = (name: string, x: tf.Tensor, from: Parameters): tf.Tensor =>
    layerNorm(x, from[`${name}.gamma`]!, from[`${name}.beta`]!, epsilon);

  // Every place of dropout draws its own numbers, and a layer that is computed again the same ones.
  const keep = (shape: number[], site: number, key = dropout?.key): tf.Tensor | undefined =>
    dropout && key && dropout.rate > 0
      ? randomKeep(tf.add(key, tf.scalar(dropoutKey(0, 0, site), 'int32')), shape, dropout.rate)
      : undefined;
  const drop = (x: tf.Tensor, site: number, key?: tf.Tensor): tf.Tensor => {
    const factors = keep(x.shape, site, key);
    return factors === undefined ? x : tf.mul(x, factors);
  };
  const project = (from: Parameters, name: string, x: tf.Tensor): tf.Tensor => linear(from, name, x, loraScale);
  const shown = (name: string, x: tf.Tensor): tf.Tensor => {
    if (!recompute) tap?.(name, x);
    return x;
  };

  const layer = (i: number, x: tf.Tensor, from: Parameters, mask: tf.Tensor, key?: tf.Tensor): tf.Tensor => {
    const name = `layer.${i}`;
    const site = 1 + sitesPerLayer * i;
    const heads = headsOf(config, i);
    const [q, k, v] = ['query', 'key', 'value'].map((part) =>
      tf.reshape(shown(`${name}.${part}`, project(from, `${name}.${part}`, x)), [length, rows * heads, size]),
    ) as [tf.Tensor, tf.Tensor, tf.Tensor]; // [S, R·A, D]
    const context = tf.reshape(
      attention(q, k, v, mask, { heads, keep: keep([rows, heads, length, length], site, key) }),
      [tokens, heads * size],
    );
    const attended = project(from, `${name}.output`, shown(`${name}.context`, context));
    const middle = norm(`${name}.attentionNorm`, tf.add(drop(attended, site + 1, key), x), from);
    const fed = project(from, `${name}.down`, shown(`${name}.activation`, gelu(project(from, `${name}.up`, middle))));
    return norm(`${name}.outputNorm`, tf.add(drop(fed, site + 2, key), middle), from);
  };

  const recomputed = (i: number, x: tf.Tensor): tf.Tensor => {
    const names = Object.keys(encoderShapes(config))
      .filter((name) => name.startsWith(`layer.${i}.`))
      .flatMap((name) => [name, ...Object.values(loraNames(name)).filter((lora) => p[lora] !== undefined)]);
    return checkpoint(
      ([input, ...values], [mask, key]) =>
        layer(i, input!, { ...p, ...Object.fromEntries(names.map((name, at) => [name, values[at]!])) }, mask!, key),
      [x, ...names.map((name) => p[name]!)],
      dropout ? [bias, dropout.key] : [bias],
    );
  };

  let x = begin === 0 ? drop(norm('embeddings.norm', embeddings, p), 0) : embeddings;
  for (let i = begin; i < (end ?? layers); i++) {
    x = recompute ? recomputed(i, x) : layer(i, x, p, bias);
    tap?.(`layer.${i}`, x);
  }
  return x;
};
