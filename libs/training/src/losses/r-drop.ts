import * as tf from '@tensorflow/tfjs-core';
import type { LossKind } from './loss.ts';

/**
 * R-Drop (Liang et al. 2021): how far two passes of the same texts under different dropout disagree,
 * ½(KL(p‖q) + KL(q‖p)), [N]; Bernoulli's divergences are averaged over labels.
 * @param first [N, C] logits; the gradient goes through both
 */
export const rDrop = (first: tf.Tensor2D, second: tf.Tensor2D, kind: LossKind): tf.Tensor1D => {
  if (kind === 'sigmoid') {
    // The two divergences of a label add up to (p − q)(x − y).
    const terms = tf.mul(tf.sub(tf.sigmoid(first), tf.sigmoid(second)), tf.sub(first, second));
    return tf.div(tf.sum(terms, 1), 2 * first.shape[1]);
  }
  const [logP, logQ] = [tf.logSoftmax(first), tf.logSoftmax(second)];
  return tf.mul(tf.sum(tf.mul(tf.sub(tf.exp(logP), tf.exp(logQ)), tf.sub(logP, logQ)), 1), 0.5);
};
