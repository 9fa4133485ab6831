import * as tf from '@tensorflow/tfjs-core';
import type { Loss } from './loss.ts';
import { overLabels, positives, sumOfClasses } from './reduce.ts';
import { softplus } from './softplus.ts';

/** −Σ t·log softmax(x). */
export const crossEntropy: Loss = (logits, targets, context) =>
  sumOfClasses(tf.mul(tf.neg(tf.logSoftmax(logits)), targets), context);

/** −t·log σ(x) − (1 − t)·log(1 − σ(x)) of every label, [N, C], by −log σ(x) = softplus(−x) and −log(1 − σ(x)) = softplus(x). */
export const binaryTerms: (...args: Parameters<Loss>) => tf.Tensor = (logits, targets, context) =>
  tf.add(tf.mul(positives(targets, context), softplus(tf.neg(logits))), tf.mul(tf.sub(1, targets), softplus(logits)));

export const binaryCrossEntropy: Loss = (logits, targets, context) =>
  overLabels(binaryTerms(logits, targets, context), context);
