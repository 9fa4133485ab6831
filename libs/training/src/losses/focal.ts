import * as tf from '@tensorflow/tfjs-core';
import type { Loss } from './loss.ts';
import { overLabels, positives, sumOfClasses } from './reduce.ts';
import { softplus } from './softplus.ts';

// Focal loss (Lin et al. 2017): (1 − p)^γ·(−log p) of what is true.

const defaultGamma = 2; // the paper's best

/** 1 − p rounds to 0 from here on, and a power below 1 has an infinite slope there. */
const smallest = 1e-7;

/** Σ t·(1 − p)^γ·(−log p), p = softmax(x). */
export const focalSoftmax: Loss = (logits, targets, context) => {
  const logP = tf.logSoftmax(logits);
  const wrong = tf.maximum(tf.sub(1, tf.exp(logP)), smallest);
  const factor = tf.pow(wrong, context.options?.gamma ?? defaultGamma);
  return sumOfClasses(tf.mul(tf.mul(tf.neg(logP), targets), factor), context);
};

/** t·(1 − p)^γ·(−log p) + (1 − t)·p^γ·(−log(1 − p)), p = σ(x); the powers as exp of γ·log. */
export const focalSigmoid: Loss = (logits, targets, context) => {
  const gamma = context.options?.gamma ?? defaultGamma;
  const present = softplus(tf.neg(logits)); // −log p
  const absent = softplus(logits); // −log(1 − p)
  const ofPresent = tf.mul(tf.mul(positives(targets, context), present), tf.exp(tf.mul(absent, -gamma)));
  const ofAbsent = tf.mul(tf.mul(tf.sub(1, targets), absent), tf.exp(tf.mul(present, -gamma)));
  return overLabels(tf.add(ofPresent, ofAbsent), context);
};
