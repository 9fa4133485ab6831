import * as tf from '@tensorflow/tfjs-core';
import { binaryTerms, crossEntropy } from './cross-entropy.ts';
import type { Loss, LossContext } from './loss.ts';
import { constantOf, overLabels } from './reduce.ts';

// GHM-C (Li et al. 2019): texts whose gradient is as large as that of many others share one weight among them: the mass of
// easy ones, and the outliers that no model gets right, count less than what is between.

/**
 * Weights of examples by how many of the batch have a gradient of about that size: examples / (non-empty bins · examples of
 * the bin), so that their mean is 1.
 * @param norms [E] size of each example's gradient, 0..1
 * @param counted [E] 1 for examples that count
 */
const harmonized = (norms: tf.Tensor, counted: tf.Tensor, bins: number): tf.Tensor => {
  const edges = tf.tensor1d(Float32Array.from({ length: bins }, (_, i) => i));
  const bin = tf.minimum(tf.floor(tf.mul(norms, bins)), bins - 1);
  const inBin = tf.cast(tf.equal(tf.expandDims(bin, 1), edges), 'float32'); // [E, bins]
  const counts = tf.sum(tf.mul(inBin, tf.expandDims(counted, 1)), 0); // [bins]
  const filled = tf.sum(tf.cast(tf.greater(counts, 0), 'float32'));
  const share = tf.div(tf.sum(counted), tf.mul(tf.maximum(filled, 1), tf.maximum(counts, 1)));
  return tf.sum(tf.mul(inBin, share), 1);
};

const binsOf = ({ options }: LossContext): number => options?.bins ?? 10; // the paper sees little difference from 10 to 40

/** Cross-entropy, by the density of ½Σ|softmax(x) − t|: for one-hot targets 1 − p of the true class. */
export const ghmSoftmax: Loss = (logits, targets, context) => {
  const weigh = (x: tf.Tensor): tf.Tensor => {
    const norms = tf.mul(tf.sum(tf.abs(tf.sub(tf.softmax(x), targets)), 1), 0.5);
    return tf.expandDims(harmonized(norms, context.counted, binsOf(context)), 1);
  };
  return tf.mul(crossEntropy(logits, targets, context), tf.reshape(constantOf(weigh, logits), [-1]));
};

/** Binary cross-entropy, by the density of |σ(x) − t| over all labels of all texts. */
export const ghmSigmoid: Loss = (logits, targets, context) => {
  const weigh = (x: tf.Tensor): tf.Tensor => {
    const norms = tf.reshape(tf.abs(tf.sub(tf.sigmoid(x), targets)), [-1]);
    const counted = tf.mul(tf.onesLike(targets), tf.expandDims(context.counted, 1));
    return tf.reshape(harmonized(norms, tf.reshape(counted, [-1]), binsOf(context)), x.shape);
  };
  return overLabels(tf.mul(binaryTerms(logits, targets, context), constantOf(weigh, logits)), context);
};
