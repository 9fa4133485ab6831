import type * as tf from '@tensorflow/tfjs-core';
import { TaxonError } from '@taxon/errors';
import { callerLine } from '../caller-line.ts';
import type { DType } from '../graph.ts';
import { alias, currentTrace, emit, nameOf, reshape, toTyped, traced } from '../trace-backend.ts';
import { broadcastShape } from './register.ts';

/** An operand: a traced tensor, or a number, which takes the type of the tensor beside it. */
export type Operand = tf.TensorInfo | number;

/** A constant of numbers that are known while tracing. */
export const constant = (values: number[], shape: readonly number[], dtype: tf.DataType): tf.TensorInfo =>
  traced(currentTrace().builder.constant(toTyped(values, dtype), shape, dtype as DType), shape, dtype);

/** 0, 1, 2 … along an axis, whose size may be one that is only known when the program runs. */
export const counting = (size: number, shape: readonly number[], dtype: tf.DataType = 'int32'): tf.TensorInfo => {
  const { builder, symbols } = currentTrace();
  if (!symbols.isSymbolic(size)) {
    const places = Array.from({ length: size }, (_, i) => i);
    return constant(places, shape, dtype);
  }
  const end = builder.node('Cast', [builder.node('Squeeze', [symbols.shapeOperand([size])])], { to: onnxType[dtype]! });
  const [from, by] = [nameOf(scalar(0, dtype)), nameOf(scalar(1, dtype))];
  return reshape(traced(builder.node('Range', [from, end, by]), [size], dtype), shape);
};

/** For what needs a size while tracing. */
export const knownSize = (size: number, what: string): number => {
  if (!currentTrace().symbols.isSymbolic(size)) return size;
  throw new TaxonError({
    code: 'internal',
    message: `${what} needs a size that is known while tracing${callerLine()}`,
    hint: 'Give the axis a number in the signature instead of a name.',
  });
};

export const scalar = (value: number, dtype: tf.DataType): tf.TensorInfo => constant([value], [], dtype);

/** A tensor of one repeated value, without its numbers in the file. */
export const filled = (shape: readonly number[], value: number, dtype: tf.DataType): tf.TensorInfo => {
  const one = scalar(value, dtype);
  return shape.length === 0 ? one : emit('Expand', [one, currentTrace().symbols.shapeOperand(shape)], shape, dtype);
};

/** ONNX's numbers for the element types that tfjs casts between (TensorProto.DataType). */
const onnxType: Partial<Record<tf.DataType, number>> = { float32: 1, int32: 6, bool: 9 };

export const cast = (x: tf.TensorInfo, dtype: tf.DataType): tf.TensorInfo =>
  x.dtype === dtype ? alias(x) : emit('Cast', [x], x.shape, dtype, { to: onnxType[dtype]! });

/** The name of `x` as int64, which ONNX wants of indices. */
export const int64 = (x: tf.TensorInfo): string => currentTrace().builder.node('Cast', [nameOf(x)], { to: 7 });

/** Runs `op` in `type` and brings the result back: ONNX Runtime lacks some operators for integers and booleans. */
export const within = (
  type: tf.DataType,
  x: tf.TensorInfo,
  op: (x: tf.TensorInfo) => tf.TensorInfo,
  result: tf.DataType = x.dtype,
): tf.TensorInfo => (x.dtype === type && result === type ? op(x) : cast(op(cast(x, type)), result));

/** One node with the element type and the shape of its input. */
export const map = (op: string, x: tf.TensorInfo, attributes = {}): tf.TensorInfo =>
  emit(op, [x], x.shape, x.dtype, attributes);

const tensorLike = (operand: Operand, other: Operand): tf.TensorInfo =>
  typeof operand === 'number' ? scalar(operand, (other as tf.TensorInfo).dtype) : operand;

/** One node of two operands that broadcast. At least one is a tensor. */
export const pair = (op: string, a: Operand, b: Operand, dtype?: tf.DataType): tf.TensorInfo => {
  const [left, right] = [tensorLike(a, b), tensorLike(b, a)];
  return emit(op, [left, right], broadcastShape(left, right), dtype ?? left.dtype);
};

export const compare = (op: string, a: Operand, b: Operand): tf.TensorInfo => pair(op, a, b, 'bool');

/** `then` where the condition holds, `otherwise` elsewhere, with broadcasts. At least one of the two is a tensor. */
export const where = (condition: tf.TensorInfo, then: Operand, otherwise: Operand): tf.TensorInfo => {
  const [yes, no] = [tensorLike(then, otherwise), tensorLike(otherwise, then)];
  if (yes.dtype === 'bool') return cast(where(condition, cast(yes, 'int32'), cast(no, 'int32')), 'bool');
  const shape = broadcastShape({ ...condition, shape: broadcastShape(yes, no) }, condition);
  return emit('Where', [condition, yes, no], shape, yes.dtype);
};

export const transpose = (x: tf.TensorInfo, perm: readonly number[]): tf.TensorInfo =>
  emit(
    'Transpose',
    [x],
    perm.map((axis) => x.shape[axis]!),
    x.dtype,
    { perm },
  );

export { reshape };
