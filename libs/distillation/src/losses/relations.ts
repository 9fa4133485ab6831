import { batchedMatMul } from '@taxon/compute';
import { blockDiagonalBias } from '@taxon/models';
import * as tf from '@tensorflow/tfjs-core';
import { meanOverTokens } from './mean-over-tokens.ts';

/** log softmax(x·xᵀ/√D) within each text, [R, A, S, S]. */
const relation = (x: tf.Tensor, segments: tf.Tensor2D, heads: number): tf.Tensor => {
  const [rows, length] = segments.shape;
  const size = x.shape[1]! / heads;
  const split = tf.reshape(x, [length, rows * heads, size]); // [S, R·A, D]
  const scores = batchedMatMul(split, split, {
    transposeB: true,
    batchSecondA: true,
    batchSecondB: true,
    alpha: 1 / Math.sqrt(size),
  });
  return tf.logSoftmax(tf.add(tf.reshape(scores, [rows, heads, length, length]), blockDiagonalBias(segments)));
};

/**
 * How differently student and teacher relate the tokens of a text to each other (MiniLM v2, Wang et al. 2021): KL(teacher‖student) of
 * the rows of softmax(x·xᵀ/√D), averaged over heads and over each text's tokens, [N]. The widths may differ, the number of heads that
 * they are cut into may not.
 * @param student [T, W] queries, keys or values of all heads
 * @param teacher [T, W′]; no gradient is wanted of it
 * @param heads divides both widths
 */
export const relations = (
  student: tf.Tensor,
  teacher: tf.Tensor,
  segments: tf.Tensor2D,
  { slots, heads }: { slots: number; heads: number },
): tf.Tensor1D => {
  const [logP, logQ] = [relation(student, segments, heads), relation(teacher, segments, heads)];
  const divergence = tf.sum(tf.mul(tf.exp(logQ), tf.sub(logQ, logP)), 3); // [R, A, S]
  return meanOverTokens(tf.transpose(tf.mean<tf.Tensor2D>(divergence, 1)), segments, slots);
};

/** Into how many heads widths are cut: as many as the teacher has, or the most below that which divide them all. */
export const relationHeads = (heads: number, widths: readonly number[]): number => {
  for (let count = heads; count > 1; count--) if (widths.every((width) => width % count === 0)) return count;
  return 1;
};
