import * as tf from '@tensorflow/tfjs-core';
import type { DType } from '../graph.ts';
import { currentTrace, emit, nameOf, traced } from '../trace-backend.ts';
import { register } from './register.ts';

export const reshape = (x: tf.TensorInfo, shape: readonly number[]): tf.TensorInfo =>
  emit('Reshape', [x, currentTrace().symbols.shapeOperand(shape)], shape, x.dtype);

export const transpose = (x: tf.TensorInfo, perm: readonly number[]): tf.TensorInfo =>
  emit(
    'Transpose',
    [x],
    perm.map((axis) => x.shape[axis]!),
    x.dtype,
    { perm },
  );

register('Reshape', ({ x }, { shape }) =>
  reshape(x!, tf.util.inferFromImplicitShape(shape as number[], tf.util.sizeFromShape(x!.shape))),
);

register('ExpandDims', ({ input }, { dim }) => {
  const at = dim as number;
  const shape = [...input!.shape];
  shape.splice(at < 0 ? at + shape.length + 1 : at, 0, 1);
  return reshape(input!, shape);
});

register('Transpose', ({ x }, { perm }) => transpose(x!, perm as number[]));

register('Slice', ({ x }, { begin, size }) => {
  const { builder } = currentTrace();
  const start = begin as number[];
  const shape = (size as number[]).map((length, i) => (length < 0 ? x!.shape[i]! - start[i]! : length));
  const end = shape.map((length, i) => start[i]! + length);
  const axes = shape.map((_, i) => i);
  return emit('Slice', [x!, builder.int64(...start), builder.int64(...end), builder.int64(...axes)], shape, x!.dtype);
});

register('PadV2', ({ x }, { paddings, constantValue }) => {
  const { builder } = currentTrace();
  const pads = paddings as [number, number][];
  const shape = x!.shape.map((size, i) => size + pads[i]![0] + pads[i]![1]);
  const amounts = builder.int64(...pads.map(([before]) => before), ...pads.map(([, after]) => after));
  return emit('Pad', [x!, amounts, builder.float(constantValue as number)], shape, x!.dtype);
});

register('Concat', (inputs, { axis }) => {
  const parts = Object.values(inputs);
  const at = tf.util.parseAxisParam(axis as number, parts[0]!.shape)[0]!;
  const shape = [...parts[0]!.shape];
  shape[at] = parts.reduce((sum, part) => sum + part.shape[at]!, 0);
  return emit('Concat', parts, shape, parts[0]!.dtype, { axis: at });
});

register('SplitV', ({ x }, { numOrSizeSplits, axis }) => {
  const at = tf.util.parseAxisParam(axis as number, x!.shape)[0]!;
  const sizes = tf.backend_util.prepareSplitSize(x as tf.Tensor, numOrSizeSplits as number | number[], at);
  const { builder } = currentTrace();
  const names = sizes.map(() => builder.fresh('v'));
  builder.node('Split', [nameOf(x!), builder.int64(...sizes)], { axis: at }, '', names);
  return names.map((name, i) => traced(name, x!.shape.with(at, sizes[i]!), x!.dtype));
});

register('Tile', ({ x }, { reps }) => {
  const repeats = reps as number[];
  const shape = x!.shape.map((size, i) => size * repeats[i]!);
  return emit('Tile', [x!, currentTrace().symbols.shapeOperand(repeats)], shape, x!.dtype);
});

/** A tensor of one repeated value, without its numbers in the file. */
export const filled = (shape: readonly number[], value: number, dtype: DType): tf.TensorInfo => {
  const { builder, symbols } = currentTrace();
  const data =
    dtype === 'float32' ? Float32Array.of(value) : dtype === 'int32' ? Int32Array.of(value) : Uint8Array.of(value);
  const scalar = builder.constant(data, [], dtype);
  if (shape.length === 0) return traced(scalar, shape, dtype as tf.DataType);
  return emit('Expand', [scalar, symbols.shapeOperand(shape)], shape, dtype as tf.DataType);
};

register('Fill', (_, { shape, value, dtype }) =>
  filled(shape as number[], value as number, (dtype as DType | undefined) ?? 'float32'),
);
register('ZerosLike', ({ x }) => filled(x!.shape, 0, x!.dtype as DType));
register('OnesLike', ({ x }) => filled(x!.shape, 1, x!.dtype as DType));
