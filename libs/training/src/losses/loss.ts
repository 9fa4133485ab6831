import type * as tf from '@tensorflow/tfjs-core';

// N: text slots, C: labels of one group.

/** The numbers that the losses take; each names the losses that read it. */
export interface LossOptions {
  /** Focal: how much less a text counts that is already right, 0 (cross-entropy) and up. @default 2 */
  gamma?: number;
  /** Asymmetric: the same for the labels that a text has, 0 and up. @default 0 */
  gammaPositive?: number;
  /** Asymmetric: the same for the labels that it has not, 0 and up. @default 4 */
  gammaNegative?: number;
  /** Asymmetric: what is taken off the probability of a label that a text has not, 0..1. @default 0.05 */
  clip?: number;
  /** GHM: bins of the gradient's norm. @default 10 */
  bins?: number;
  /** Sigmoid losses: over the labels of a text. @default 'mean' */
  reduction?: 'mean' | 'sum';
}

export interface LossContext {
  /** [N] 1 for rows that count, 0 for those whose loss must be 0 */
  counted: tf.Tensor1D;
  /** [C] factor on the loss of each class */
  classWeights?: tf.Tensor1D;
  /** [C] factor on the loss of a label that a text has; sigmoid losses alone */
  positiveWeights?: tf.Tensor1D;
  options?: LossOptions;
}

/**
 * The loss of every row, [N]: plain tfjs operations, traced and eager alike. Finite, with a finite gradient, at logits of
 * ±1e4 and for rows whose targets are all 0; exactly 0 for rows that do not count.
 * @param logits [N, C]
 * @param targets [N, C] 0..1: one-hot, multi-hot or soft
 */
export type Loss = (logits: tf.Tensor2D, targets: tf.Tensor2D, context: LossContext) => tf.Tensor1D;

/** Whether exactly one label of a group holds (softmax), or each for itself (sigmoid). */
export type LossKind = 'softmax' | 'sigmoid';
