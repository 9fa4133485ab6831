import * as tf from '@tensorflow/tfjs-core';
import { register } from '../kernels/register.ts';
import { currentTrace, emit, isTracing } from '../trace-backend.ts';
import { defineKernel } from './define-kernel.ts';

// Φ(x) + x·φ(x), with Φ and φ the standard normal distribution and density.
const derivative = (x: tf.Tensor): tf.Tensor => {
  const cdf = tf.add(tf.mul(tf.erf(tf.mul(x, Math.SQRT1_2)), 0.5), 0.5);
  const density = tf.mul(tf.exp(tf.mul(tf.square(x), -0.5)), 1 / Math.sqrt(2 * Math.PI));
  return tf.add(cdf, tf.mul(x, density));
};

/** dy · gelu′(x) in ten passes over memory: it is the longest element-wise chain of a training step. */
register('GeluGradient', ({ dy, x }) => {
  const { builder } = currentTrace();
  const pass = (op: string, ...inputs: (tf.TensorInfo | string)[]): tf.TensorInfo => emit(op, inputs, x!.shape);
  const u = pass('Mul', x!, builder.float(Math.SQRT1_2));
  // 0.5·erf + 0.5 stays within [0, 1], so HardSigmoid's clipping never acts and both steps are one pass.
  const cdf = emit('HardSigmoid', [pass('Erf', u)], x!.shape, 'float32', {
    alpha: { float: 0.5 },
    beta: { float: 0.5 },
  });
  // exp(−x²/2); not as Neg(u²): ONNX Runtime's Neg runs on one thread.
  const gauss = pass('Exp', pass('Mul', pass('Mul', x!, builder.float(-0.5)), x!));
  // x/√(2π) = u/√π
  const density = pass('Mul', pass('Mul', u, builder.float(1 / Math.sqrt(Math.PI))), gauss);
  return pass('Mul', dy!, pass('Add', cdf, density));
});

const gradient = (dy: tf.Tensor, x: tf.Tensor): tf.Tensor =>
  isTracing() ? tf.engine().runKernel('GeluGradient', { dy, x }) : tf.mul(dy, derivative(x));

const kernel = defineKernel({
  name: 'Gelu',
  trace: ({ x }) => [emit('Gelu', [x!], x!.shape, 'float32', {}, 'com.microsoft')],
  inputsToSave: ['x'],
  outputsToSave: [false],
  gradient: (dy, [x]) => ({ x: () => gradient(dy, x!) }),
  reference: ({ x }) => tf.mul(x!, tf.mul(0.5, tf.add(1, tf.erf(tf.mul(x!, Math.SQRT1_2))))),
});

/** x·Φ(x), the exact form (Hendrycks & Gimpel 2016), as BERT uses it; no tanh approximation. */
export const gelu = (x: tf.Tensor): tf.Tensor => kernel({ x }, {});
