import * as tf from '@tensorflow/tfjs-core';
import { emit } from '../trace-backend.ts';
import { defineInferenceKernel } from './define-inference-kernel.ts';
import { gelu } from './gelu.ts';

const kernel = defineInferenceKernel({
  name: 'BiasGelu',
  trace: ({ x, bias }) => emit('BiasGelu', [x!, bias!], x!.shape, 'float32', {}, 'com.microsoft'),
  reference: ({ x, bias }) => gelu(tf.add(x!, bias!)),
});

/** gelu(x + bias) as one node; x [..., size], bias [size]. */
export const biasGelu = (x: tf.Tensor, bias: tf.Tensor): tf.Tensor => kernel({ x, bias });
