import * as tf from '@tensorflow/tfjs-core';
import type { Loss } from './loss.ts';
import { overLabels, positives } from './reduce.ts';
import { softplus } from './softplus.ts';

/** Where the slope of a power below 1 would be infinite. */
const smallest = 1e-7;

/**
 * Asymmetric loss (Ridnik et al. 2021): t·(1 − p)^γ₊·(−log p) + (1 − t)·q^γ₋·(−log(1 − q)), q = max(p − clip, 0). Of the many
 * labels that a text has not, those with a probability below `clip` cost nothing.
 */
export const asymmetric: Loss = (logits, targets, context) => {
  const { gammaPositive = 0, gammaNegative = 4, clip = 0.05 } = context.options ?? {};
  const absent = softplus(logits); // −log(1 − p)
  const present = softplus(tf.neg(logits)); // −log p
  const ofPresent = tf.mul(tf.mul(positives(targets, context), present), tf.exp(tf.mul(absent, -gammaPositive)));
  if (clip <= 0) {
    const whole = tf.mul(absent, tf.exp(tf.mul(present, -gammaNegative)));
    return overLabels(tf.add(ofPresent, tf.mul(tf.sub(1, targets), whole)), context);
  }
  const q = tf.relu(tf.sub(tf.sigmoid(logits), clip));
  const cost = tf.neg(tf.log(tf.sub(1, q))); // 1 − q is at least clip
  const factor = tf.pow(tf.maximum(q, smallest), gammaNegative);
  return overLabels(tf.add(ofPresent, tf.mul(tf.sub(1, targets), tf.mul(cost, factor))), context);
};
