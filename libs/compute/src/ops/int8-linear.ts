import * as tf from '@tensorflow/tfjs-core';
import { register } from '../kernels/register.ts';
import { reshape } from '../kernels/values.ts';
import { currentTrace, emit, nameOf, traced } from '../trace-backend.ts';
import { defineKernel } from './define-kernel.ts';

// Training with 8-bit products, as SwitchBack does (Wortsman et al. 2023): rounded to 8 bits are the weights (one scale a
// column, for the transpose one a row), the activations (one scale for the matrix) and, for the input's gradient, the
// gradients (one scale a row: those of a text that is already right are orders of magnitude smaller than its neighbours').
// SwitchBack leaves the weight's gradient in fp32, because there the noise grows with the length of the inner sum, 65,536
// tokens and more on its GPUs. Ours is a micro-batch of about 1,024, no longer than a layer is wide: it is 8-bit, too.

/** Bytes stand as int32 tensors in tfjs, which knows no smaller type; only ONNX sees what they are. */
const byte = 'int32';

/** value ≈ (q − zero)·scale */
interface Quantized {
  q: tf.TensorInfo;
  /** For the whole matrix [], or one a column [N]. */
  scale: tf.TensorInfo;
  zero?: tf.TensorInfo;
}

/** a·b + bias as one node; a [T, K] unsigned with a zero point, b [K, N] signed without. */
const product = (a: Required<Quantized>, b: Quantized, bias?: tf.TensorInfo): tf.TensorInfo => {
  const inputs = [a.q, b.q, a.scale, b.scale, a.zero, ...(bias === undefined ? [] : ['', bias])];
  const shape = [a.q.shape[0]!, b.q.shape[1]!];
  return emit('MatMulIntegerToFloat', inputs, shape, 'float32', {}, 'com.microsoft');
};

/** Unsigned, over the range that the matrix really has. */
const quantizeUnsigned = (x: tf.TensorInfo): Required<Quantized> => {
  const { builder } = currentTrace();
  const names = [builder.fresh('v'), builder.fresh('v'), builder.fresh('v')];
  builder.node('DynamicQuantizeLinear', [nameOf(x)], {}, '', names);
  return {
    q: traced(names[0]!, x.shape, byte),
    scale: traced(names[1]!, [], 'float32'),
    zero: traced(names[2]!, [], byte),
  };
};

const transpose = (x: tf.TensorInfo): tf.TensorInfo =>
  emit('Transpose', [x], [...x.shape].reverse(), byte, { perm: [1, 0] });

/** Smaller than any gradient that matters; keeps rows of zeros finite when they are divided by their largest entry. */
const smallest = 1e-20;

/** Largest magnitude of each row, [T]. */
const rowMaxima = (x: tf.TensorInfo): tf.TensorInfo => {
  const { builder } = currentTrace();
  const rows = [x.shape[0]!];
  const maxima = emit('ReduceMax', [emit('Abs', [x], x.shape), builder.int64(1)], rows, 'float32', { keepdims: 0 });
  return emit('Max', [maxima, builder.float(smallest)], rows);
};

/** The middle of an unsigned byte stands for 0. */
const middle = 128;

register('Int8InputGradient', ({ dy, byRow, rowScales }) => {
  const { builder, symbols } = currentTrace();
  const rows = [dy!.shape[0]!];
  const steps = emit('Mul', [rowMaxima(dy!), builder.float(1 / 127)], rows);
  const zero = builder.constant(Uint8Array.of(middle), [], 'uint8');
  const zeros = emit('Expand', [zero, symbols.shapeOperand(rows)], rows, byte);
  const q = emit('QuantizeLinear', [dy!, steps, zeros], dy!.shape, byte, { axis: 0 });
  // The product takes one scale for all of its left side: the rows' own follow as a factor on what comes out.
  const unscaled = { q, scale: traced(builder.float(1), [], 'float32'), zero: traced(zero, [], byte) };
  const dx = product(unscaled, { q: transpose(byRow!), scale: rowScales! });
  return emit('Mul', [dx, reshape(steps, [rows[0]!, 1])], dx.shape);
});

register('Int8WeightGradient', ({ dy, q, scale, zero }) => {
  const { builder } = currentTrace();
  const maximum = emit('ReduceMax', [rowMaxima(dy!)], [], 'float32', { keepdims: 0 });
  const step = emit('Mul', [maximum, builder.float(1 / 127)], []);
  const signed = emit('QuantizeLinear', [dy!, step, builder.constant(new Int8Array(1), [], 'int8')], dy!.shape, byte);
  return product({ q: transpose(q!), scale: scale!, zero: zero! }, { q: signed, scale: step });
});

const run = (name: string, inputs: Record<string, tf.Tensor>): tf.Tensor => tf.engine().runKernel(name, inputs);

const kernel = defineKernel({
  name: 'Int8Linear',
  trace: ({ x, bias, byColumn, columnScales }) => {
    const activations = quantizeUnsigned(x!);
    const y = product(activations, { q: byColumn!, scale: columnScales! }, bias);
    return [y, activations.q, activations.scale, activations.zero];
  },
  inputsToSave: ['byRow', 'rowScales'],
  outputsToSave: [false, true, true, true], // the activations stay as bytes: a quarter of what fp32 would hold
  gradient: (dy, [byRow, rowScales, q, scale, zero]) => ({
    x: () => run('Int8InputGradient', { dy, byRow: byRow!, rowScales: rowScales! }),
    weight: () => run('Int8WeightGradient', { dy, q: q!, scale: scale!, zero: zero! }),
    bias: () => tf.sum(dy, 0),
  }),
  reference: ({ x, weight, bias }) => tf.add(tf.matMul(x as tf.Tensor2D, weight as tf.Tensor2D), bias!),
});

/** A matrix in int8, twice: by column for x·W, by row for the gradient's product with Wᵀ. */
export interface Int8Matrix {
  /** [K, N] and [N]: W ≈ byColumn · columnScales */
  byColumn: tf.Tensor;
  columnScales: tf.Tensor;
  /** [K, N] and [K]: W ≈ rowScales · byRow */
  byRow: tf.Tensor;
  rowScales: tf.Tensor;
}

/**
 * x·W + b with 8-bit products, forward and in both gradients. Sums are exact (32-bit integers), results fp32.
 * @param x [T, K]
 * @param weight [K, N] fp32: what the gradient is of; other backends than the tracer compute with it
 */
export const int8Linear = (x: tf.Tensor, weight: tf.Tensor, bias: tf.Tensor, int8: Int8Matrix): tf.Tensor =>
  kernel({ x, weight, bias, ...int8 }, {});
