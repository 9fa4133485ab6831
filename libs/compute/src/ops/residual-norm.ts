import * as tf from '@tensorflow/tfjs-core';
import { emit } from '../trace-backend.ts';
import { defineInferenceKernel } from './define-inference-kernel.ts';
import { layerNorm } from './layer-norm.ts';

const kernel = defineInferenceKernel({
  name: 'ResidualNorm',
  trace: ({ x, residual, gamma, beta, bias }, { epsilon }) =>
    emit(
      'SkipLayerNormalization',
      [x!, residual!, gamma!, beta!, bias!],
      x!.shape,
      'float32',
      { epsilon: { float: epsilon as number } },
      'com.microsoft',
    ),
  reference: ({ x, residual, gamma, beta, bias }, { epsilon }) =>
    layerNorm(tf.add(tf.add(x!, bias!), residual!), gamma!, beta!, epsilon as number),
});

/**
 * Layer normalisation of x + bias + residual as one node.
 * @param x [..., size], as is the residual
 * @param norm gamma, beta and the bias of the linear layer that made x, each [size]
 */
export const residualNorm = (
  x: tf.Tensor,
  residual: tf.Tensor,
  norm: { gamma: tf.Tensor; beta: tf.Tensor; bias: tf.Tensor },
  epsilon: number,
): tf.Tensor => kernel({ x, residual, ...norm }, { epsilon });
