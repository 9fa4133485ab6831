import * as tf from '@tensorflow/tfjs-core';
import { register } from '../kernels/register.ts';
import { emit, isTracing } from '../trace-backend.ts';

register('Choose', ({ condition, a, b }) => emit('Where', [condition!, a!, b!], a!.shape, a!.dtype));

/** `a` where a boolean scalar holds, else `b`, of the same shape: unlike tf.where, without a condition as large as they are. */
export const choose = (condition: tf.Tensor, a: tf.Tensor, b: tf.Tensor): tf.Tensor =>
  isTracing() ? tf.engine().runKernel('Choose', { condition, a, b }) : tf.where(condition, a, b);

const largestFloat = 3.4028234663852886e38;

/** Whether a scalar is a number: neither infinite nor NaN. */
export const isFiniteScalar = (x: tf.Tensor): tf.Tensor => tf.lessEqual(tf.abs(x), largestFloat);
