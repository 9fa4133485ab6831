import type * as tf from '@tensorflow/tfjs-core';
import { emit } from '../trace-backend.ts';
import { register } from './register.ts';
import { reshape } from './shape.ts';

/**
 * tfjs hands every product over as a batch of matrices. One matrix becomes `MatMul`, or `Gemm` where a side is
 * transposed (faster than a Transpose before it); true batches become `MatMul` or the fused node of ONNX Runtime.
 */
register('BatchMatMul', ({ a, b }, attributes) => {
  const transposeA = attributes.transposeA === true;
  const transposeB = attributes.transposeB === true;
  const rank = a!.shape.length;
  const rows = a!.shape[transposeA ? rank - 1 : rank - 2]!;
  const columns = b!.shape[transposeB ? rank - 2 : rank - 1]!;
  const batch = a!.shape.slice(0, -2).map((size, i) => Math.max(size, b!.shape[i]!));
  const shape = [...batch, rows, columns];
  if (batch.every((size) => size === 1)) {
    const flat = (x: tf.TensorInfo): tf.TensorInfo => (rank === 2 ? x : reshape(x, x.shape.slice(-2)));
    const product = matrixProduct(flat(a!), flat(b!), [rows, columns], transposeA, transposeB);
    return rank === 2 ? product : reshape(product, shape);
  }
  if (!transposeA && !transposeB) return emit('MatMul', [a!, b!], shape);
  const attrs = { transA: transposeA ? 1 : 0, transB: transposeB ? 1 : 0, alpha: { float: 1 } };
  return emit('FusedMatMul', [a!, b!], shape, 'float32', attrs, 'com.microsoft');
});

const matrixProduct = (
  a: tf.TensorInfo,
  b: tf.TensorInfo,
  shape: number[],
  transA: boolean,
  transB: boolean,
): tf.TensorInfo =>
  transA || transB
    ? emit('Gemm', [a, b], shape, 'float32', { transA: transA ? 1 : 0, transB: transB ? 1 : 0 })
    : emit('MatMul', [a, b], shape);
