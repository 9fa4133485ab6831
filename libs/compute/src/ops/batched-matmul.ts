import * as tf from '@tensorflow/tfjs-core';
import type { Attributes } from '../kernels/register.ts';
import { emit } from '../trace-backend.ts';
import { defineKernel } from './define-kernel.ts';

export interface BatchedMatMulOptions {
  transposeA?: boolean;
  transposeB?: boolean;
  /** `a` is stored [rows, batch, columns]: the product reads it strided, without a transpose. */
  batchSecondA?: boolean;
  batchSecondB?: boolean;
  /** Factor on the product, free of charge. @default 1 */
  alpha?: number;
}

type Options = Required<BatchedMatMulOptions>;

const optionsOf = (attributes: Attributes): Options => attributes as unknown as Options;

/** [batch, rows, columns] of an operand as the product sees it. */
const logicalShape = (
  { shape }: tf.TensorInfo,
  batchSecond: boolean,
  transposed: boolean,
): [number, number, number] => {
  const [batch, rows, columns] = batchSecond ? [shape[1]!, shape[0]!, shape[2]!] : (shape as [number, number, number]);
  return transposed ? [batch, columns, rows] : [batch, rows, columns];
};

const swapIf = (x: tf.Tensor, batchSecond: boolean): tf.Tensor => (batchSecond ? tf.transpose(x, [1, 0, 2]) : x);

const kernel = defineKernel({
  name: 'BatchedMatMul',
  trace: ({ a, b }, attributes) => {
    const { transposeA, transposeB, batchSecondA, batchSecondB, alpha } = optionsOf(attributes);
    const [batch, rows] = logicalShape(a!, batchSecondA, transposeA);
    const columns = logicalShape(b!, batchSecondB, transposeB)[2];
    const flags = {
      transA: Number(transposeA),
      transB: Number(transposeB),
      transBatchA: Number(batchSecondA),
      transBatchB: Number(batchSecondB),
      alpha: { float: alpha },
    };
    return [emit('FusedMatMul', [a!, b!], [batch, rows, columns], 'float32', flags, 'com.microsoft')];
  },
  inputsToSave: ['a', 'b'],
  outputsToSave: [false],
  gradient: (dy, [a, b], attributes) => {
    const { transposeA, transposeB, batchSecondA, batchSecondB, alpha } = optionsOf(attributes);
    return {
      a: () =>
        swapIf(
          transposeA
            ? batchedMatMul(b!, dy, { transposeA: transposeB, batchSecondA: batchSecondB, transposeB: true, alpha })
            : batchedMatMul(dy, b!, { transposeB: !transposeB, batchSecondB, alpha }),
          batchSecondA,
        ),
      b: () =>
        swapIf(
          transposeB
            ? batchedMatMul(dy, a!, { transposeA: true, transposeB: transposeA, batchSecondB: batchSecondA, alpha })
            : batchedMatMul(a!, dy, { transposeA: !transposeA, batchSecondA, alpha }),
          batchSecondB,
        ),
    };
  },
  reference: ({ a, b }, attributes) => {
    const { transposeA, transposeB, batchSecondA, batchSecondB, alpha } = optionsOf(attributes);
    return tf.mul(tf.matMul(swapIf(a!, batchSecondA), swapIf(b!, batchSecondB), transposeA, transposeB), alpha);
  },
});

/** alpha · op(a) · op(b) for every matrix of a batch; result [batch, rows, columns]. */
export const batchedMatMul = (a: tf.Tensor, b: tf.Tensor, options: BatchedMatMulOptions = {}): tf.Tensor3D => {
  const { transposeA = false, transposeB = false, batchSecondA = false, batchSecondB = false, alpha = 1 } = options;
  return kernel({ a, b }, { transposeA, transposeB, batchSecondA, batchSecondB, alpha }) as tf.Tensor3D;
};
