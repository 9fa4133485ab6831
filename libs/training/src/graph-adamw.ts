import * as tf from '@tensorflow/tfjs-core';
import type { AdamWOptions } from './adamw.ts';
import type { Part } from './flat-state.ts';

export type Moments = Record<Part, tf.Tensor>;

/** What an update needs beside the gradient; scalars, or one number an element. */
export interface GraphCoefficients {
  /** Factor on the gradient: clipping, and the inverse of the loss scale. */
  gradientScale: tf.Tensor;
  /** η·√(1−β₂ᵗ)/(1−β₁ᵗ), times each element's share. */
  rate: tf.Tensor;
  /** ε·√(1−β₂ᵗ) */
  epsilon: tf.Tensor;
  /** 1 − η·λ, with each element's share and decay. */
  keep: tf.Tensor;
}

/** AdamW as nodes of a graph: the same update as the host's kernels (adamw.ts). */
export const graphAdamW = (
  { value, m, v }: Moments,
  gradient: tf.Tensor,
  { beta1, beta2 }: Pick<AdamWOptions, 'beta1' | 'beta2'>,
  { gradientScale, rate, epsilon, keep }: GraphCoefficients,
): Moments => {
  const g = tf.mul(gradient, gradientScale);
  const nextM = tf.add(tf.mul(m, beta1), tf.mul(g, 1 - beta1));
  const nextV = tf.add(tf.mul(v, beta2), tf.mul(tf.square(g), 1 - beta2));
  const change = tf.div(tf.mul(nextM, rate), tf.add(tf.sqrt(nextV), epsilon));
  return { value: tf.sub(tf.mul(value, keep), change), m: nextM, v: nextV };
};
