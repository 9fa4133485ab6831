import * as tf from '@tensorflow/tfjs-core';

// AdamW (Loshchilov & Hutter 2019): Adam with bias correction, and weight decay that does not pass through the moments.

export interface AdamWOptions {
  beta1: number;
  beta2: number;
  epsilon: number;
  weightDecay: number;
}

/** What changes from step to step, as scalars that the program is fed. */
export interface StepScalars {
  /** Learning rate after schedule. */
  learningRate: number;
  /** Factor on the gradient: clipping, and the mean over accumulated steps. */
  gradientScale: number;
  /** 1-based step, for the bias correction. */
  step: number;
}

/**
 * The coefficients of one update in the form that needs the fewest passes over memory:
 * m ← β₁m + (1−β₁)sg, v ← β₂v + (1−β₂)(sg)², θ ← decay·θ − rate · m / (√v + ε̂), with s the gradient scale,
 * rate = η√(1−β₂ᵗ)/(1−β₁ᵗ) and ε̂ = ε√(1−β₂ᵗ): the bias corrections moved out of the tensors (Kingma & Ba 2015, §2).
 */
export const coefficients = (
  { beta1, beta2, epsilon, weightDecay }: AdamWOptions,
  { learningRate, gradientScale, step }: StepScalars,
): Record<'first' | 'second' | 'rate' | 'epsilon' | 'decay', number> => {
  const correction2 = Math.sqrt(1 - beta2 ** step);
  return {
    first: (1 - beta1) * gradientScale,
    second: (1 - beta2) * gradientScale ** 2,
    rate: (learningRate * correction2) / (1 - beta1 ** step),
    epsilon: epsilon * correction2,
    decay: learningRate * weightDecay,
  };
};

export interface Moments<T> {
  value: T;
  m: T;
  v: T;
}

/** One tensor's update, as traced operations. `multiplier` is the layer's share of the learning rate. */
export const adamwUpdate = (
  { value, m, v }: Moments<tf.Tensor>,
  gradient: tf.Tensor,
  scalars: Record<'first' | 'second' | 'rate' | 'epsilon' | 'decay', tf.Tensor>,
  { beta1, beta2 }: AdamWOptions,
  { multiplier, decays }: { multiplier: number; decays: boolean },
): Moments<tf.Tensor> => {
  const nextM = tf.add(tf.mul(m, beta1), tf.mul(gradient, scalars.first));
  const nextV = tf.add(tf.mul(v, beta2), tf.mul(tf.square(gradient), scalars.second));
  const step = tf.mul(tf.div(nextM, tf.add(tf.sqrt(nextV), scalars.epsilon)), tf.mul(scalars.rate, multiplier));
  const kept = decays ? tf.mul(value, tf.sub(1, tf.mul(scalars.decay, multiplier))) : value;
  return { value: tf.sub(kept, step), m: nextM, v: nextV };
};
