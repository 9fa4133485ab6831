import type { UpdateCoefficients } from '@taxon/compute';

// AdamW (Loshchilov & Hutter 2019): Adam with bias correction, and weight decay that does not pass through the moments.

export interface AdamWOptions {
  beta1: number;
  beta2: number;
  epsilon: number;
  weightDecay: number;
}

/** What changes from step to step. */
export interface StepScalars {
  /** Learning rate after schedule. */
  learningRate: number;
  /** Factor on the gradient: clipping. */
  gradientScale: number;
  /** 1-based step, for the bias correction. */
  step: number;
}

/**
 * The coefficients of one update, bias corrections moved out of the tensors (Kingma & Ba 2015, §2):
 * rate = η√(1−β₂ᵗ)/(1−β₁ᵗ), ε̂ = ε√(1−β₂ᵗ).
 * @param multiplier a layer's share of the learning rate
 * @param decays whether weight decay applies
 */
export const updateCoefficients = (
  { beta1, beta2, epsilon, weightDecay }: AdamWOptions,
  { learningRate, gradientScale, step }: StepScalars,
  multiplier: number,
  decays: boolean,
): UpdateCoefficients => {
  const correction2 = Math.sqrt(1 - beta2 ** step);
  const rate = learningRate * multiplier;
  return {
    beta1,
    first: (1 - beta1) * gradientScale,
    beta2,
    second: (1 - beta2) * gradientScale ** 2,
    rate: (rate * correction2) / (1 - beta1 ** step),
    epsilon: epsilon * correction2,
    keep: decays ? 1 - rate * weightDecay : 1,
  };
};
