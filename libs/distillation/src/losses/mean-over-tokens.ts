import * as tf from '@tensorflow/tfjs-core';

/**
 * The mean of a number over the tokens of each text, [N]; 0 for slots without a text.
 * @param values [S, R], position-major as tokens are
 * @param segments [R, S] int32: slot of each token within its row, −1 for padding
 * @param slots M, texts a row at most; N = R·M
 */
export const meanOverTokens = (values: tf.Tensor2D, segments: tf.Tensor2D, slots: number): tf.Tensor1D => {
  const [rows, length] = segments.shape;
  const slot = tf.reshape(tf.range(0, slots, 1, 'int32'), [1, slots, 1]);
  const member = tf.cast(tf.equal(tf.reshape(segments, [rows, 1, length]), slot), 'float32'); // [R, M, S]
  const sums = tf.sum(tf.mul(member, tf.reshape(tf.transpose(values), [rows, 1, length])), 2); // [R, M]
  const counts = tf.maximum(tf.sum(member, 2), 1);
  return tf.reshape(tf.div(sums, counts), [rows * slots]);
};
