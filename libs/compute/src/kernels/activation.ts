import * as tf from '@tensorflow/tfjs-core';
import { emit } from '../trace-backend.ts';
import { registerAll } from './register.ts';
import { cast, compare, map, pair, scalar, where } from './values.ts';

type Activation = (x: tf.TensorInfo, weights?: tf.TensorInfo, alpha?: number) => tf.TensorInfo;

const leakyRelu = (x: tf.TensorInfo, alpha: number): tf.TensorInfo =>
  map('LeakyRelu', cast(x, 'float32'), { alpha: { float: alpha } });

const prelu = (x: tf.TensorInfo, slope: tf.TensorInfo): tf.TensorInfo =>
  emit('PRelu', [cast(x, 'float32'), cast(slope, 'float32')], x.shape);

/** By the names that tfjs's fused kernels use. */
export const activations: Record<string, Activation> = {
  linear: (x) => x,
  relu: (x) => map('Relu', x),
  relu6: (x) => emit('Clip', [x, scalar(0, x.dtype), scalar(6, x.dtype)], x.shape, x.dtype),
  elu: (x) => map('Elu', cast(x, 'float32')),
  sigmoid: (x) => map('Sigmoid', cast(x, 'float32')),
  prelu: (x, weights) => prelu(x, weights!),
  leakyrelu: (x, _, alpha) => leakyRelu(x, alpha!),
};

registerAll({
  Relu: ({ x }) => activations.relu!(x!),
  Relu6: ({ x }) => activations.relu6!(x!),
  Elu: ({ x }) => activations.elu!(x!),
  // y is the output: where it is below zero, the derivative eˣ is y + 1.
  EluGrad: ({ dy, y }) => where(compare('GreaterOrEqual', y!, 0), dy!, pair('Mul', dy!, pair('Add', y!, 1))),
  // The constants of Klambauer et al. 2017, as tfjs has them; ONNX's defaults are the same rounded to floats.
  Selu: ({ x }) =>
    map('Selu', cast(x!, 'float32'), {
      alpha: { float: tf.backend_util.SELU_SCALEALPHA / tf.backend_util.SELU_SCALE },
      gamma: { float: tf.backend_util.SELU_SCALE },
    }),
  LeakyRelu: ({ x }, { alpha }) => leakyRelu(x!, alpha as number),
  Prelu: ({ x, alpha }) => prelu(x!, alpha!),
  // NaN is neither above nor at most zero, and stays NaN.
  Step: ({ x }, { alpha }) =>
    where(compare('Greater', x!, 0), 1, where(compare('LessOrEqual', x!, 0), alpha as number, x!)),
});
