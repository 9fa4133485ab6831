import * as tf from '@tensorflow/tfjs-core';
import type { LossKind } from './loss.ts';
import { softplus } from './softplus.ts';

/**
 * Distillation (Hinton et al. 2015): T²·KL(teacher‖student) of both at temperature T, [N]; T² keeps the gradient's size.
 * Bernoulli's divergences are averaged over labels.
 * @param student [N, C] logits
 * @param teacher [N, C] logits; no gradient is wanted of them
 */
export const distillation = (
  student: tf.Tensor2D,
  teacher: tf.Tensor2D,
  kind: LossKind,
  temperature: number,
): tf.Tensor1D => {
  const [x, y] = [tf.div(student, temperature), tf.div(teacher, temperature)];
  if (kind === 'sigmoid') {
    // KL = (softplus(x) − softplus(y)) − σ(y)(x − y)
    const terms = tf.sub(tf.sub(softplus(x), softplus(y)), tf.mul(tf.sigmoid(y), tf.sub(x, y)));
    return tf.mul(tf.sum(terms, 1), temperature ** 2 / student.shape[1]);
  }
  const [logP, logQ] = [tf.logSoftmax(x), tf.logSoftmax(y)];
  return tf.mul(tf.sum(tf.mul(tf.exp(logQ), tf.sub(logQ, logP)), 1), temperature ** 2);
};
