import * as tf from '@tensorflow/tfjs-core';
import { currentTrace, emit, nameOf, traced } from '../trace-backend.ts';
import { defineInferenceKernel } from './define-inference-kernel.ts';

// 8-bit products of forward passes. Weights have a scale for each output; activations one for each row (token), so that a text's
// answer does not depend on its neighbours, or one that was fixed beforehand. ONNX Runtime has no single node with a scale for each
// row: rows are stretched to ±1 first, and what comes out is multiplied by their largest magnitudes.

/** Bytes stand as int32 tensors in tfjs, which knows no smaller type; only ONNX sees what they are. */
const byte = 'int32';

/** The middle of an unsigned byte stands for 0. */
const middle = 128;
const largest = 127;

/** Range of a matrix's inputs that was fixed beforehand: value ≈ (byte − zero)·scale, byte within 0..255. */
export interface FixedRange {
  scale: number;
  zero: number;
}

const column = (x: tf.TensorInfo): number[] => [...x.shape.slice(0, -1), 1];

/**
 * Rows as bytes and the factor that undoes their stretching, [..., 1]. A row of zeros has the factor 0, so that the bytes that 0 / 0
 * became are of no consequence.
 */
const stretchRows = (x: tf.TensorInfo): { bytes: tf.TensorInfo; factor: tf.TensorInfo } => {
  const { builder } = currentTrace();
  const last = builder.int64(x.shape.length - 1);
  const factor = emit('ReduceMax', [emit('Abs', [x], x.shape), last], column(x), 'float32', { keepdims: 1 });
  const stretched = emit('Div', [x, factor], x.shape);
  const zero = builder.constant(Uint8Array.of(middle), [], 'uint8');
  return { bytes: emit('QuantizeLinear', [stretched, builder.float(1 / largest), zero], x.shape, byte), factor };
};

const product = (
  bytes: tf.TensorInfo,
  weight: tf.TensorInfo,
  range: FixedRange,
  scales: tf.TensorInfo,
): tf.TensorInfo => {
  const { builder } = currentTrace();
  const zero = builder.constant(Uint8Array.of(range.zero), [], 'uint8');
  const inputs = [bytes, weight, builder.float(range.scale), scales, zero];
  const shape = [...bytes.shape.slice(0, -1), weight.shape[1]!];
  return emit('MatMulIntegerToFloat', inputs, shape, 'float32', {}, 'com.microsoft');
};

/** Rounded to bytes and back, as the traced kernel computes it. */
const rounded = (x: tf.Tensor, scale: tf.Tensor | number, zero: number): tf.Tensor =>
  tf.mul(tf.sub(tf.clipByValue(tf.add(tf.round(tf.div(x, scale)), zero), 0, 255), zero), scale);

const roundedRows = (x: tf.Tensor): tf.Tensor => {
  const factor = tf.max(tf.abs(x), -1, true);
  return rounded(x, tf.div(tf.maximum(factor, 1e-30), largest), middle);
};

const multiply = (x: tf.Tensor, weight: tf.Tensor, scales: tf.Tensor): tf.Tensor => {
  const flat = tf.reshape(x, [-1, weight.shape[0]]);
  const y = tf.matMul(flat, tf.mul(tf.cast(weight, 'float32'), scales));
  return tf.reshape(y, [...x.shape.slice(0, -1), weight.shape[1]!]);
};

const byRow = defineInferenceKernel({
  name: 'Int8RowProduct',
  trace: ({ x, weight, scales }) => {
    const { bytes, factor } = stretchRows(x!);
    const y = product(bytes, weight!, { scale: 1 / largest, zero: middle }, scales!);
    return emit('Mul', [y, factor], y.shape);
  },
  reference: ({ x, weight, scales }) => multiply(roundedRows(x!), weight!, scales!),
});

const byRange = defineInferenceKernel({
  name: 'Int8FixedProduct',
  trace: ({ x, weight, scales }, { scale, zero }) => {
    const { builder } = currentTrace();
    const range = { scale: scale as number, zero: zero as number };
    const offset = builder.constant(Uint8Array.of(range.zero), [], 'uint8');
    const bytes = emit('QuantizeLinear', [x!, builder.float(range.scale), offset], x!.shape, byte);
    return product(bytes, weight!, range, scales!);
  },
  reference: ({ x, weight, scales }, { scale, zero }) =>
    multiply(rounded(x!, scale as number, zero as number), weight!, scales!),
});

/**
 * x·W with 8-bit products; sums are exact (32-bit integers), the result is fp32.
 * @param x [..., K]
 * @param weight [K, N] int8: W ≈ weight · scales
 * @param scales [N]
 * @param range of all of x; absent: each row has its own, ± its largest magnitude
 */
export const int8Product = (x: tf.Tensor, weight: tf.Tensor, scales: tf.Tensor, range?: FixedRange): tf.Tensor =>
  range === undefined ? byRow({ x, weight, scales }) : byRange({ x, weight, scales }, { ...range });

const rows = defineInferenceKernel({
  name: 'Int8Rows',
  trace: ({ table, scales, indices }) => {
    const { builder } = currentTrace();
    const shape = [...indices!.shape, table!.shape[1]!];
    const bytes = emit('Gather', [table!, indices!], shape, byte, { axis: 0 });
    const floats = traced(builder.node('Cast', [nameOf(bytes)], { to: 1 }), shape, 'float32'); // 1: float32
    return emit(
      'Mul',
      [floats, emit('Gather', [scales!, indices!], [...indices!.shape, 1], 'float32', { axis: 0 })],
      shape,
    );
  },
  reference: ({ table, scales, indices }) =>
    tf.mul(tf.cast(tf.gather(table!, indices!), 'float32'), tf.gather(scales!, indices!)),
});

/**
 * Rows of a table of bytes as fp32.
 * @param table [N, H] int8
 * @param scales [N, 1], one a row
 * @param indices [...] int32
 * @returns [..., H]
 */
export const int8Rows = (table: tf.Tensor, scales: tf.Tensor, indices: tf.Tensor): tf.Tensor =>
  rows({ table, scales, indices });
