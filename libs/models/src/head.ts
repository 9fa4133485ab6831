import { batchedMatMul } from '@taxon/compute';
import * as tf from '@tensorflow/tfjs-core';
import type { EncoderConfig } from './encoder-config.ts';
import { linear, type Parameters } from './encoder.ts';

/** From token states to logits. */
export interface HeadConfig {
  /** `dense`: pooled features, one linear layer. `pooler`: BERT's `[CLS]` pooler (tanh layer), one linear layer. */
  kind: 'dense' | 'pooler';
  pooling: 'mean' | 'cls';
  /** L2-normalise the features (the sentence-transformers module Normalize). */
  normalize: boolean;
  classes: number;
}

export const headShapes = ({ kind, classes }: HeadConfig, { hidden }: EncoderConfig): Record<string, number[]> => ({
  ...(kind === 'pooler' ? { 'pooler.weight': [hidden, hidden], 'pooler.bias': [hidden] } : {}),
  'classifier.weight': [hidden, classes],
  'classifier.bias': [classes],
});

/** torch.nn.functional.normalize's bound on the divisor. */
const smallestNorm = 1e-12;

/**
 * Features of every text slot.
 * @param x [T, H] position-major token states
 * @param pool [R, M, S] weights of each token in each of a row's M text slots: 1/length for the mean, 1 at `[CLS]`
 * @returns [R·M, H]; slots without a text are 0 before the pooler
 */
export const features = (p: Parameters, x: tf.Tensor, pool: tf.Tensor, head: HeadConfig): tf.Tensor => {
  const [rows, slots, length] = pool.shape as [number, number, number];
  const hidden = x.shape[1]!;
  const states = tf.reshape(x, [length, rows, hidden]);
  const pooled = tf.reshape(batchedMatMul(pool, states, { batchSecondB: true }), [rows * slots, hidden]);
  const projected = head.kind === 'pooler' ? tf.tanh(linear(p, 'pooler', pooled)) : pooled;
  if (!head.normalize) return projected;
  // The bound goes under the root: its gradient at an empty slot is then 0 and not NaN.
  const squared = tf.sum(tf.square(projected), -1, true);
  return tf.mul(projected, tf.rsqrt(tf.maximum(squared, smallestNorm ** 2)));
};

/** [N, H] → [N, classes] */
export const logits = (p: Parameters, x: tf.Tensor): tf.Tensor => linear(p, 'classifier', x);
