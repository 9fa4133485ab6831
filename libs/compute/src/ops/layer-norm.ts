import * as tf from '@tensorflow/tfjs-core';
import { currentTrace, nameOf, traced } from '../trace-backend.ts';
import { defineKernel } from './define-kernel.ts';

const kernel = defineKernel({
  name: 'LayerNorm',
  trace: ({ x, gamma, beta }, { epsilon }) => {
    const { builder } = currentTrace();
    const statistics = [...x!.shape.slice(0, -1), 1];
    const names = [builder.fresh('v'), builder.fresh('v'), builder.fresh('v')];
    const inputs = [x!, gamma!, beta!].map(nameOf);
    builder.node('LayerNormalization', inputs, { axis: -1, epsilon: { float: epsilon as number } }, '', names);
    return names.map((name, i) => traced(name, i === 0 ? x!.shape : statistics, 'float32'));
  },
  inputsToSave: ['x', 'gamma'],
  outputsToSave: [false, true, true], // mean and 1/σ of each row
  gradient: (dy, [x, gamma, mean, invStd]) => {
    const rows = x!.shape.slice(0, -1).map((_, axis) => axis);
    const normalized = (): tf.Tensor => tf.mul(tf.sub(x!, mean!), invStd!);
    return {
      // dx = (a − mean(a) − x̂ · mean(a · x̂)) / σ with a = dy · γ
      x: () => {
        const a = tf.mul(dy, gamma!);
        const xHat = normalized();
        const centred = tf.sub(a, tf.mean(a, -1, true));
        return tf.mul(tf.sub(centred, tf.mul(xHat, tf.mean(tf.mul(a, xHat), -1, true))), invStd!);
      },
      gamma: () => tf.sum(tf.mul(dy, normalized()), rows),
      beta: () => tf.sum(dy, rows),
    };
  },
  reference: ({ x, gamma, beta }, { epsilon }) => {
    const { mean, variance } = tf.moments(x!, -1, true);
    const scaled = tf.mul(tf.sub(x!, mean), tf.rsqrt(tf.add(variance, epsilon as number)));
    return tf.add(tf.mul(scaled, gamma!), beta!);
  },
});

/**
 * Layer normalisation over the last axis (Ba et al. 2016).
 * @param x [..., size]
 * @param gamma [size] scale
 * @param beta [size] shift
 */
export const layerNorm = (x: tf.Tensor, gamma: tf.Tensor, beta: tf.Tensor, epsilon: number): tf.Tensor =>
  kernel({ x, gamma, beta }, { epsilon });
