import * as tf from '@tensorflow/tfjs-core';
import { meanOverTokens } from './mean-over-tokens.ts';

/**
 * How far the student's token states are from the teacher's (TinyBERT, Jiao et al. 2020): the squared difference, averaged over the
 * width and over each text's tokens, [N].
 * @param student [T, H]
 * @param teacher [T, H]; no gradient is wanted of it
 * @param segments [R, S] int32, T = S·R
 */
export const hiddenStates = (
  student: tf.Tensor,
  teacher: tf.Tensor,
  segments: tf.Tensor2D,
  slots: number,
): tf.Tensor1D => {
  const [rows, length] = segments.shape;
  const squares = tf.mean(tf.squaredDifference(student, teacher), 1); // [T]
  return meanOverTokens(tf.reshape(squares, [length, rows]), segments, slots);
};
