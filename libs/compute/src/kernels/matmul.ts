import * as tf from '@tensorflow/tfjs-core';
import { emit } from '../trace-backend.ts';
import { activations } from './activation.ts';
import { registerAll, type Attributes, type Inputs } from './register.ts';
import { cast, map, pair, reshape, transpose } from './values.ts';

const swapLast = (x: tf.TensorInfo): tf.TensorInfo => {
  const rank = x.shape.length;
  return transpose(x, [...Array.from({ length: rank - 2 }, (_, i) => i), rank - 1, rank - 2]);
};

const one = (flag: boolean): 0 | 1 => (flag ? 1 : 0);

/** One product: `Gemm` where a side is transposed is faster than a Transpose before `MatMul`. */
const matrixProduct = (a: tf.TensorInfo, b: tf.TensorInfo, shape: number[], transA: boolean, transB: boolean) =>
  transA || transB
    ? emit('Gemm', [a, b], shape, 'float32', { transA: one(transA), transB: one(transB) })
    : emit('MatMul', [a, b], shape, a.dtype);

/**
 * tfjs hands every product over as a batch of matrices. One matrix becomes `MatMul` or `Gemm`; true batches become
 * `MatMul` or the fused node of ONNX Runtime.
 */
const product = (a: tf.TensorInfo, b: tf.TensorInfo, transposeA: boolean, transposeB: boolean): tf.TensorInfo => {
  for (const { shape } of [a, b]) tf.util.assert(shape.length >= 2, () => `matMul: [${shape.join()}] is no matrix`);
  const [rows, innerA] = transposeA ? [a.shape.at(-1)!, a.shape.at(-2)!] : [a.shape.at(-2)!, a.shape.at(-1)!];
  const [innerB, columns] = transposeB ? [b.shape.at(-1)!, b.shape.at(-2)!] : [b.shape.at(-2)!, b.shape.at(-1)!];
  tf.util.assert(
    innerA === innerB,
    () => `matMul: inner shapes ${innerA} and ${innerB} of [${a.shape.join()}] and [${b.shape.join()}] must match`,
  );
  const batch = tf.broadcast_util.assertAndGetBroadcastShape(a.shape.slice(0, -2), b.shape.slice(0, -2));
  const shape = [...batch, rows, columns];
  // ONNX Runtime has Gemm and FusedMatMul for floats alone.
  if (a.dtype !== 'float32') {
    const [left, right] = [cast(transposeA ? swapLast(a) : a, 'int32'), cast(transposeB ? swapLast(b) : b, 'int32')];
    return cast(emit('MatMul', [left, right], shape, 'int32'), a.dtype);
  }
  if (batch.every((size) => size === 1)) {
    const flat = (x: tf.TensorInfo): tf.TensorInfo => (x.shape.length === 2 ? x : reshape(x, x.shape.slice(-2)));
    const result = matrixProduct(flat(a), flat(b), [rows, columns], transposeA, transposeB);
    return batch.length === 0 ? result : reshape(result, shape);
  }
  if (!transposeA && !transposeB) return emit('MatMul', [a, b], shape);
  const attrs = { transA: one(transposeA), transB: one(transposeB), alpha: { float: 1 } };
  return emit('FusedMatMul', [a, b], shape, 'float32', attrs, 'com.microsoft');
};

const fusedMatMul = ({ a, b, bias, preluActivationWeights }: Inputs, attributes: Attributes): tf.TensorInfo => {
  const { transposeA, transposeB, activation, leakyreluAlpha } = attributes;
  const plain = product(a!, b!, transposeA === true, transposeB === true);
  const biased = bias === undefined ? plain : pair('Add', plain, bias);
  const activate = activations[(activation as string | null) ?? 'linear']!;
  return activate(biased, preluActivationWeights, leakyreluAlpha as number);
};

registerAll({
  BatchMatMul: ({ a, b }, { transposeA, transposeB }) => product(a!, b!, transposeA === true, transposeB === true),
  _FusedMatMul: fusedMatMul,
  Einsum: (inputs, { equation }) => {
    const tensors = Object.values(inputs);
    const { allDims, summedDims, idDims } = tf.backend_util.decodeEinsumEquation(equation as string, tensors.length);
    const sizes: number[] = [];
    tensors.forEach(({ shape }, operand) =>
      idDims[operand]!.forEach((dim, axis) => {
        const size = (sizes[dim] ??= shape[axis]!);
        const expected = (): string => `Expected dimension ${size} at axis ${axis} of input shaped [${shape.join()}]`;
        tf.util.assert(size === shape[axis], () => `einsum '${String(equation)}': ${expected()}`);
      }),
    );
    const shape = allDims.flatMap((_, dim) => (summedDims.includes(dim) ? [] : [sizes[dim]!]));
    return emit('Einsum', tensors, shape, tensors[0]!.dtype, { equation: equation as string });
  },
  FusedBatchNorm: ({ x, mean, variance, scale, offset }, { varianceEpsilon }) => {
    const epsilon = (varianceEpsilon as number | undefined) ?? 0.001;
    const deviation = map('Sqrt', pair('Add', variance!, epsilon));
    const centred = pair('Sub', x!, mean!);
    const normalized = pair('Div', scale === undefined ? centred : pair('Mul', centred, scale), deviation);
    return offset === undefined ? normalized : pair('Add', normalized, offset);
  },
});
