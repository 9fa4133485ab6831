import { batchedMatMul } from '@taxon/compute';
import * as tf from '@tensorflow/tfjs-core';
import type { EncoderConfig } from './encoder-config.ts';
import { linear, type Parameters } from './encoder.ts';
import { transform, transformShapes } from './masked-language-head.ts';

/** From token states to logits. */
export interface HeadConfig {
  /**
   * `dense`: pooled features, one linear layer. `pooler`: BERT's `[CLS]` pooler (tanh layer), one linear layer. `prompt`: the
   * masked-language head's transform at the mask of a prompt, then one linear layer that begins as the decoder's rows of the
   * labels' words.
   */
  kind: 'dense' | 'pooler' | 'prompt';
  pooling: 'mean' | 'cls' | 'mask';
  /** L2-normalise the features (the sentence-transformers module Normalize). */
  normalize: boolean;
  classes: number;
  /** Of a prompt's transform; absent elsewhere. */
  layerNormEpsilon?: number;
}

export const headShapes = ({ kind, classes }: HeadConfig, { hidden }: EncoderConfig): Record<string, number[]> => ({
  ...(kind === 'prompt' ? transformShapes({ hidden }) : {}),
  ...(kind === 'pooler' ? { 'pooler.weight': [hidden, hidden], 'pooler.bias': [hidden] } : {}),
  'classifier.weight': [hidden, classes],
  'classifier.bias': [classes],
});

/** What the linear layer sees, before it is normalised. */
const project = (p: Parameters, pooled: tf.Tensor, { kind, layerNormEpsilon = 1e-12 }: HeadConfig): tf.Tensor => {
  if (kind === 'pooler') return tf.tanh(linear(p, 'pooler', pooled));
  return kind === 'prompt' ? transform(p, pooled, layerNormEpsilon) : pooled;
};

/** torch.nn.functional.normalize's bound on the divisor. */
const smallestNorm = 1e-12;

/**
 * Features of every text slot.
 * @param x [T, H] position-major token states
 * @param pool [R, M, S] weights of each token in each of a row's M text slots: 1/length for the mean, 1 at `[CLS]` or the mask
 * @returns [R·M, H]; slots without a text are 0 before the pooler
 */
export const features = (p: Parameters, x: tf.Tensor, pool: tf.Tensor, head: HeadConfig): tf.Tensor => {
  const [rows, slots, length] = pool.shape as [number, number, number];
  const hidden = x.shape[1]!;
  const states = tf.reshape(x, [length, rows, hidden]);
  const pooled = tf.reshape(batchedMatMul(pool, states, { batchSecondB: true }), [rows * slots, hidden]);
  return featuresOf(p, pooled, head);
};

/** Features of pooled states, [N, H] → [N, H]. */
export const featuresOf = (p: Parameters, pooled: tf.Tensor, head: HeadConfig): tf.Tensor => {
  const projected = project(p, pooled, head);
  if (!head.normalize) return projected;
  // The bound goes under the root: its gradient at an empty slot is then 0 and not NaN.
  const squared = tf.sum(tf.square(projected), -1, true);
  return tf.mul(projected, tf.rsqrt(tf.maximum(squared, smallestNorm ** 2)));
};

/** [N, H] → [N, classes] */
export const logits = (p: Parameters, x: tf.Tensor): tf.Tensor => linear(p, 'classifier', x);
