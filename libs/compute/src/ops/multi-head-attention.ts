import * as tf from '@tensorflow/tfjs-core';
import { emit } from '../trace-backend.ts';
import { defineInferenceKernel } from './define-inference-kernel.ts';

/** What ONNX Runtime adds where a token may not look; exp of it is 0 in fp32. */
const masked = -1e4;

/** [R, S, H] → [R, A, S, H/A] */
const split = (x: tf.Tensor, heads: number): tf.Tensor => {
  const [rows, length, hidden] = x.shape as [number, number, number];
  return tf.transpose(tf.reshape(x, [rows, length, heads, hidden / heads]), [0, 2, 1, 3]);
};

const kernel = defineInferenceKernel({
  name: 'MultiHeadAttention',
  trace: ({ q, k, v, bias, mask }, { heads }) =>
    emit(
      'MultiHeadAttention',
      [q!, k!, v!, bias!, mask!],
      q!.shape,
      'float32',
      { num_heads: heads as number },
      'com.microsoft',
    ),
  reference: ({ q, k, v, bias, mask }, { heads }) => {
    const [rows, length, hidden] = q!.shape as [number, number, number];
    const parts = tf.split(bias!, 3);
    const [query, key, value] = [q!, k!, v!].map((x, i) => split(tf.add(x, parts[i]!), heads as number)) as [
      tf.Tensor,
      tf.Tensor,
      tf.Tensor,
    ];
    const scores = tf.mul(tf.matMul(query, key, false, true), 1 / Math.sqrt(hidden / (heads as number)));
    const hidden4 = tf.mul(tf.sub(1, tf.reshape(tf.cast(mask!, 'float32'), [rows, 1, 1, length])), masked);
    const context = tf.matMul(tf.softmax(tf.add(scores, hidden4)), value); // [R, A, S, H/A]
    return tf.reshape(tf.transpose(context, [0, 2, 1, 3]), [rows, length, hidden]);
  },
});

/**
 * Attention over rows of one text each, as ONNX Runtime's one node.
 * @param q [R, S, H], as are k and v
 * @param bias [3H] of q, k and v, added to them
 * @param mask [R, S] int32: 1 for tokens, 0 for padding
 * @returns [R, S, H]
 */
export const multiHeadAttention = (
  [q, k, v]: readonly [tf.Tensor, tf.Tensor, tf.Tensor],
  bias: tf.Tensor,
  mask: tf.Tensor,
  { heads }: { heads: number },
): tf.Tensor => kernel({ q, k, v, bias, mask }, { heads });
