import {
  biasGelu,
  int8Product,
  int8Rows,
  layerNorm,
  multiHeadAttention,
  residualNorm,
  type FixedRange,
} from '@taxon/compute';
import * as tf from '@tensorflow/tfjs-core';
import { headsOf, type EncoderConfig } from './encoder-config.ts';
import type { Parameters } from './encoder.ts';

// BERT for serving: `encoder.ts` without gradients and dropout, in ONNX Runtime's fused nodes, a text a row. Queries, keys and
// values are one product. Matrices are float or 8-bit, each as its numbers are at hand.
// R: rows (texts), S: positions a row, H: hidden, F: intermediate.

/** Ranges of the inputs of those matrices whose ranges are fixed, by unit (`matrixUnits`). */
export type FixedRanges = Readonly<Record<string, FixedRange | undefined>>;

export interface FusedInputs {
  /** [R, S] int32, padded with any token. */
  ids: tf.Tensor;
  /** [S] or [R, S] int32: 0, 1, 2, … */
  ordinals: tf.Tensor;
  /** [R, S] int32; absent: all 0. */
  tokenTypes?: tf.Tensor;
  /** [R, S] int32: 1 for tokens, 0 for padding. */
  mask: tf.Tensor;
  ranges?: FixedRanges;
  /** Told what goes into each unit, before it is rounded: [R, S, H or F]. */
  watch?: (unit: string, x: tf.Tensor) => void;
}

/** Names of the parts of a matrix in 8 bits. */
export const bytesOf = (name: string): string => `${name}.bytes`;
export const scalesOf = (name: string): string => `${name}.scales`;

const product = (p: Parameters, unit: string, x: tf.Tensor, { ranges = {}, watch }: FusedInputs): tf.Tensor => {
  watch?.(unit, x);
  const name = `${unit}.weight`;
  const [bytes, scales] = [p[bytesOf(name)], p[scalesOf(name)]];
  if (bytes !== undefined && scales !== undefined) return int8Product(x, bytes, scales, ranges[unit]);
  const [rows, length, inputs] = x.shape as [number, number, number];
  const weight = p[name]!;
  return tf.reshape(tf.matMul(tf.reshape(x, [rows * length, inputs]), weight), [rows, length, weight.shape[1]!]);
};

const embed = (p: Parameters, { ids, ordinals, tokenTypes }: FusedInputs, epsilon: number): tf.Tensor => {
  const [bytes, scales] = [p[bytesOf('words')], p[scalesOf('words')]];
  const words = bytes && scales ? int8Rows(bytes, scales, ids) : tf.gather(p.words!, ids); // [R, S, H]
  const positions = tf.gather(p.positions!, ordinals);
  const [gamma, beta] = [p['embeddings.norm.gamma']!, p['embeddings.norm.beta']!];
  const types = tokenTypes === undefined ? tf.slice(p.types!, [0, 0], [1, -1]) : tf.gather(p.types!, tokenTypes);
  return layerNorm(tf.add(words, tf.add(positions, types)), gamma, beta, epsilon);
};

/** [R, S] ids → [R, S, H] last hidden state. Numbers are named as `servedNumbers` names them. */
export const fusedEncoder = (p: Parameters, inputs: FusedInputs, config: EncoderConfig): tf.Tensor => {
  const { layers, layerNormEpsilon: epsilon } = config;
  const norm = (name: string, linear: string, x: tf.Tensor, residual: tf.Tensor): tf.Tensor => {
    const [gamma, beta, bias] = [p[`${name}.gamma`]!, p[`${name}.beta`]!, p[`${linear}.bias`]!];
    return residualNorm(x, residual, { gamma, beta, bias }, epsilon);
  };
  let x = embed(p, inputs, epsilon);
  for (let i = 0; i < layers; i++) {
    const name = `layer.${i}`;
    const multiply = (part: string, y: tf.Tensor): tf.Tensor => product(p, `${name}.${part}`, y, inputs);
    const [q, k, v] = tf.split(multiply('qkv', x), 3, -1) as [tf.Tensor, tf.Tensor, tf.Tensor];
    const context = multiHeadAttention([q, k, v], p[`${name}.qkv.bias`]!, inputs.mask, {
      heads: headsOf(config, i),
    });
    const middle = norm(`${name}.attentionNorm`, `${name}.output`, multiply('output', context), x);
    const grown = biasGelu(multiply('up', middle), p[`${name}.up.bias`]!);
    x = norm(`${name}.outputNorm`, `${name}.down`, multiply('down', grown), middle);
  }
  return x;
};
