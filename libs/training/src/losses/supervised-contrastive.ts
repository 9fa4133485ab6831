import * as tf from '@tensorflow/tfjs-core';

export interface ContrastiveOptions {
  /** Of the similarities. @default 0.1 */
  temperature?: number;
}

/** The square of torch.nn.functional.normalize's bound on the divisor. */
const smallestSquare = 1e-24;

/** Below every similarity over a temperature: its share of a softmax is 0. */
const never = -1e9;

/**
 * Supervised contrastive loss (Khosla et al. 2020, L_out): each text is drawn to those of the batch that share its labels, and
 * away from the rest. The loss of every row, [N]; 0 for rows that share with none, and for those that do not count.
 * @param features [N, H], of any length: they are normalised here
 * @param targets [N, C] one-hot or multi-hot; positives are weighted by the Jaccard index of their labels
 * @param counted [N] 1 for rows that count
 */
export const supervisedContrastive = (
  features: tf.Tensor2D,
  targets: tf.Tensor2D,
  counted: tf.Tensor1D,
  { temperature = 0.1 }: ContrastiveOptions = {},
): tf.Tensor1D => {
  const rows = tf.range(0, features.shape[0]);
  const others = tf.cast(tf.notEqual(tf.expandDims(rows, 1), rows), 'float32'); // [N, N] 0 on the diagonal
  const candidates = tf.mul(others, counted);
  const positives = tf.mul(tf.mul(jaccard(targets), candidates), tf.expandDims(counted, 1));

  const squares = tf.sum(tf.square(features), 1, true);
  const unit: tf.Tensor2D = tf.mul(features, tf.rsqrt(tf.maximum(squares, smallestSquare)));
  const similarities = tf.div(tf.matMul(unit, unit, false, true), temperature);
  const logP = tf.logSoftmax(tf.add(similarities, tf.mul(tf.sub(1, candidates), never)));
  const total = tf.sum(positives, 1);
  const divisor = tf.where(tf.greater(total, 0), total, tf.onesLike(total));
  return tf.div(tf.neg(tf.sum(tf.mul(logP, positives), 1)), divisor);
};

/** Labels that two texts share, of those that either has, [N, N]; for soft targets Tanimoto's form of it. */
const jaccard = (targets: tf.Tensor2D): tf.Tensor => {
  const shared = tf.matMul(targets, targets, false, true);
  const sizes = tf.sum(tf.square(targets), 1);
  const either = tf.sub(tf.add(tf.expandDims(sizes, 1), sizes), shared);
  return tf.div(shared, tf.maximum(either, 1e-12)); // 0 where neither has a label
};
