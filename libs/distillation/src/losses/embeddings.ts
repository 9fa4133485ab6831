import * as tf from '@tensorflow/tfjs-core';

/** The square of torch.nn.functional.normalize's bound on the divisor. */
const smallestSquare = 1e-24;

const unit = (x: tf.Tensor2D): tf.Tensor2D =>
  tf.mul(x, tf.rsqrt(tf.maximum(tf.sum(tf.square(x), 1, true), smallestSquare)));

/**
 * How far the student's pooled features are from the teacher's, [N], 0 for rows that do not count. Of the same width: 1 − cosine. Else
 * by how similar a text is to the others of the batch (Tung and Mori 2019): the squared difference of the cosines, averaged over them.
 * @param student [N, H]
 * @param teacher [N, H′]; no gradient is wanted of it
 * @param counted [N] 1 for rows with a text
 */
export const embeddings = (student: tf.Tensor2D, teacher: tf.Tensor2D, counted: tf.Tensor1D): tf.Tensor1D => {
  const [x, y] = [unit(student), unit(teacher)];
  if (student.shape[1] === teacher.shape[1]) return tf.mul(tf.sub(1, tf.sum(tf.mul(x, y), 1)), counted);
  const difference = tf.squaredDifference(tf.matMul(x, x, false, true), tf.matMul(y, y, false, true)); // [N, N]
  const others = tf.maximum(tf.sum(counted), 1);
  return tf.mul(tf.div(tf.sum(tf.mul(difference, counted), 1), others), counted);
};
