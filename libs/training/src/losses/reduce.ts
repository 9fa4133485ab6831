import * as tf from '@tensorflow/tfjs-core';
import type { LossContext } from './loss.ts';

const weighted = (terms: tf.Tensor, { classWeights }: LossContext): tf.Tensor =>
  classWeights === undefined ? terms : tf.mul(terms, classWeights);

/** Softmax losses: Σ over classes of weighted terms [N, C], in the rows that count. */
export const sumOfClasses = (terms: tf.Tensor, context: LossContext): tf.Tensor1D =>
  tf.mul(tf.sum(weighted(terms, context), -1), context.counted);

/** Sigmoid losses: mean (or sum) over labels of weighted terms [N, C], in the rows that count. */
export const overLabels = (terms: tf.Tensor, context: LossContext): tf.Tensor1D => {
  const sum = sumOfClasses(terms, context);
  return context.options?.reduction === 'sum' ? sum : tf.div(sum, terms.shape[1]!);
};

/** Weight of each label that a text has, in the terms of sigmoid losses [N, C]. */
export const positives = (targets: tf.Tensor, { positiveWeights }: LossContext): tf.Tensor =>
  positiveWeights === undefined ? targets : tf.mul(targets, positiveWeights);

/**
 * Computes something of `x` that the gradient does not pass through.
 * @param fn its operations may lack a gradient, as comparisons do
 */
export const constantOf = (fn: (x: tf.Tensor) => tf.Tensor, x: tf.Tensor): tf.Tensor =>
  tf.customGrad((y) => ({ value: fn(y as tf.Tensor), gradFunc: () => tf.zerosLike(x) }))(x);
