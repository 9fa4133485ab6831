import * as tf from '@tensorflow/tfjs-core';
import type { LossKind } from './loss.ts';

/**
 * Label smoothing (Szegedy et al. 2016): a share ε of every target goes to all labels of its group alike; a label that is
 * decided for itself moves ε/2 from its side to the other.
 * @param targets [N, C] of one group
 * @param epsilon 0..1
 */
export const smoothTargets = (targets: tf.Tensor2D, epsilon: number, kind: LossKind): tf.Tensor2D => {
  if (epsilon === 0) return targets;
  const floor = epsilon / (kind === 'softmax' ? targets.shape[1] : 2);
  return tf.add(tf.mul(targets, 1 - epsilon), floor);
};
