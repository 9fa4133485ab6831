import type { UpdateCoefficients } from '@taxon/compute';
import * as tf from '@tensorflow/tfjs-core';
import type { DeviceTensor } from './eager-state.ts';

/** The coefficients of an update as tensors, so that those of a layer are uploaded once. */
export type CoefficientTensors = Readonly<Record<keyof UpdateCoefficients, tf.Scalar>>;

export const coefficientTensors = (coefficients: UpdateCoefficients): CoefficientTensors =>
  Object.fromEntries(
    Object.entries(coefficients).map(([name, value]: [string, number]) => [name, tf.scalar(value)]),
  ) as unknown as CoefficientTensors;

/** m ← β₁m + first·g; v ← β₂v + second·g²; θ ← keep·θ − rate·m / (√v + ε): the same update as the WebAssembly kernel's. */
const updated = (
  { value, m, v }: Readonly<Record<'value' | 'm' | 'v', tf.Tensor>>,
  gradient: tf.Tensor,
  { beta1, first, beta2, second, rate, epsilon, keep }: CoefficientTensors,
): Record<'value' | 'm' | 'v', tf.Tensor> => {
  const nextM = tf.add(tf.mul(m, beta1), tf.mul(gradient, first));
  const nextV = tf.add(tf.mul(v, beta2), tf.mul(tf.square(gradient), second));
  const change = tf.div(tf.mul(nextM, rate), tf.add(tf.sqrt(nextV), epsilon));
  return { value: tf.sub(tf.mul(value, keep), change), m: nextM, v: nextV };
};

const parts = ['value', 'm', 'v'] as const;

export const updateTensor = (tensor: DeviceTensor, gradient: tf.Tensor, coefficients: CoefficientTensors): void =>
  tf.tidy(() => {
    const next = updated(tensor, gradient, coefficients);
    for (const part of parts) tensor[part].assign(next[part]);
  });

/**
 * Updates the given rows of a table and leaves all others as they are.
 * @param rows distinct
 * @param gradient [rows, width]
 */
export const updateRows = (
  table: DeviceTensor,
  rows: Int32Array,
  gradient: tf.Tensor,
  coefficients: CoefficientTensors,
): void =>
  tf.tidy(() => {
    const at = tf.tensor1d(rows, 'int32');
    const read = (part: tf.Tensor): tf.Tensor => tf.gather(part, at);
    const next = updated({ value: read(table.value), m: read(table.m), v: read(table.v) }, gradient, coefficients);
    const places = tf.reshape(at, [rows.length, 1]);
    for (const part of parts) table[part].assign(tf.tensorScatterUpdate(table[part], places, next[part]));
  });
