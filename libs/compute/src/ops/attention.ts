import * as tf from '@tensorflow/tfjs-core';
import type { Attributes, Inputs } from '../kernels/register.ts';
import { nameOf, traced } from '../trace-backend.ts';
import { batchedMatMul } from './batched-matmul.ts';
import { defineKernel } from './define-kernel.ts';

/** [length, batch, size] ↔ [batch, length, size] */
const swap = (x: tf.Tensor): tf.Tensor => tf.transpose(x, [1, 0, 2]);

/** softmax(q·kᵀ/√d + bias), [rows, heads, length, length] */
const attentionWeights = (q: tf.Tensor, k: tf.Tensor, bias: tf.Tensor, heads: number): tf.Tensor4D => {
  const [length, batch, size] = q.shape as [number, number, number];
  const options = { transposeB: true, batchSecondA: true, batchSecondB: true, alpha: 1 / Math.sqrt(size) };
  const scores = batchedMatMul(q, k, options); // [rows·heads, length, length]
  return tf.softmax(tf.add(tf.reshape(scores, [batch / heads, heads, length, length]), bias));
};

/** [rows, heads, length, length] → [rows·heads, length, length] */
const asBatch = (x: tf.Tensor): tf.Tensor3D => {
  const [rows, heads, length, keys] = x.shape as [number, number, number, number];
  return tf.reshape(x, [rows * heads, length, keys]);
};

const forward = (inputs: Record<string, tf.Tensor>, { heads }: Attributes): [tf.Tensor, tf.Tensor] => {
  const { q, k, v, bias, keep } = inputs;
  const weights = attentionWeights(q!, k!, bias!, heads as number);
  const kept = keep === undefined ? weights : tf.mul(weights, keep);
  return [swap(batchedMatMul(asBatch(kept), v!, { batchSecondB: true })), weights];
};

const tensorOf = (info: tf.TensorInfo): tf.Tensor =>
  tf.engine().makeTensorFromTensorInfo(traced(nameOf(info), info.shape, info.dtype));

const trace = (inputs: Inputs, attributes: Attributes): tf.TensorInfo[] =>
  forward(Object.fromEntries(Object.entries(inputs).map(([name, info]) => [name, tensorOf(info)])), attributes);

const gradient = (
  dContext: tf.Tensor,
  q: tf.Tensor,
  k: tf.Tensor,
  v: tf.Tensor,
  context: tf.Tensor,
  weights: tf.Tensor,
  keep?: tf.Tensor,
): Record<string, () => tf.Tensor> => {
  const length = q.shape[0];
  const alpha = 1 / Math.sqrt(q.shape[2]!);
  const dropped = (x: tf.Tensor): tf.Tensor => (keep === undefined ? x : tf.mul(x, keep));
  const dKept = (): tf.Tensor =>
    tf.reshape(batchedMatMul(dContext, v, { transposeB: true, batchSecondA: true, batchSecondB: true }), weights.shape);
  // dS = P ∘ (dP − Δ), Δ = rowsum(dO ∘ O): the form of FlashAttention (Dao et al. 2022), two passes over P.
  const dScores = (): tf.Tensor => {
    const delta = tf.transpose(tf.sum(tf.mul(dContext, context), -1)); // [rows·heads, length]
    const perQuery = tf.reshape(delta, [...weights.shape.slice(0, 2), length, 1]);
    return tf.mul(weights, tf.sub(dropped(dKept()), perQuery));
  };
  return {
    q: () => swap(batchedMatMul(asBatch(dScores()), k, { batchSecondB: true, alpha })),
    k: () => swap(batchedMatMul(asBatch(dScores()), q, { transposeA: true, batchSecondB: true, alpha })),
    v: () => swap(batchedMatMul(asBatch(dropped(weights)), dContext, { transposeA: true, batchSecondB: true })),
    bias: () => tf.sum(dScores(), 1, true),
    keep: () => tf.mul(weights, dKept()),
  };
};

const plain = defineKernel({
  name: 'Attention',
  trace,
  inputsToSave: ['q', 'k', 'v'],
  outputsToSave: [true, true],
  gradient: (dContext, [q, k, v, context, weights]) => gradient(dContext, q!, k!, v!, context!, weights!),
  reference: (inputs, attributes) => forward(inputs, attributes)[0],
});

const withDropout = defineKernel({
  name: 'AttentionWithDropout',
  trace,
  inputsToSave: ['q', 'k', 'v', 'keep'],
  outputsToSave: [true, true],
  gradient: (dContext, [q, k, v, keep, context, weights]) => gradient(dContext, q!, k!, v!, context!, weights!, keep),
  reference: (inputs, attributes) => forward(inputs, attributes)[0],
});

export interface AttentionOptions {
  heads: number;
  /** Dropout factors on the weights, [rows, heads, length, length]: 0, or 1/(1 − rate). */
  keep?: tf.Tensor;
}

/**
 * Scaled dot-product attention (Vaswani et al. 2017) on position-major tensors, whose heads need no transpose.
 * @param q [length, rows·heads, size], as are k and v
 * @param bias [rows, 1, length, length] added to the scores: 0 where a token may look, very negative where not
 * @returns [length, rows·heads, size]
 */
export const attention = (
  q: tf.Tensor,
  k: tf.Tensor,
  v: tf.Tensor,
  bias: tf.Tensor,
  { heads, keep }: AttentionOptions,
): tf.Tensor =>
  keep === undefined ? plain({ q, k, v, bias }, { heads }) : withDropout({ q, k, v, bias, keep }, { heads });
