import * as tf from '@tensorflow/tfjs-core';
import { alias, currentTrace, emit } from '../trace-backend.ts';
import { register, registerAll } from './register.ts';
import { cast, compare, counting, filled, map, reshape, transpose, where, within } from './values.ts';

interface Reduced {
  axes: number[];
  shape: number[];
  keepDims: boolean;
}

const reduced = (x: tf.TensorInfo, axis: unknown, keepDims: unknown): Reduced => {
  const axes = tf.util.parseAxisParam(axis as number | number[], x.shape);
  const shape =
    keepDims === true
      ? x.shape.map((size, i) => (axes.includes(i) ? 1 : size))
      : x.shape.filter((_, i) => !axes.includes(i));
  return { axes, shape, keepDims: keepDims === true };
};

const reduce = (op: string, x: tf.TensorInfo, { axes, shape, keepDims }: Reduced): tf.TensorInfo =>
  axes.length === 0
    ? alias(x)
    : emit(op, [x, currentTrace().builder.int64(...axes)], shape, x.dtype, { keepdims: keepDims ? 1 : 0 });

/** tfjs sums booleans as integers. */
const counted = (x: tf.TensorInfo): tf.TensorInfo => (x.dtype === 'bool' ? cast(x, 'int32') : x);

/** Every axis but the last: what a bias's gradient is summed over. */
const areRows = (axes: readonly number[], rank: number): boolean =>
  rank > 1 && axes.length === rank - 1 && !axes.includes(rank - 1);

/** Σ over rows as a product with ones, which takes half the time of ONNX Runtime's ReduceSum over a leading axis. */
const sumOfRows = (x: tf.TensorInfo, shape: readonly number[]): tf.TensorInfo => {
  const columns = x.shape.at(-1)!;
  const rows = tf.util.sizeFromShape(x.shape) / columns;
  const sum = emit('MatMul', [filled([1, rows], 1, 'float32'), reshape(x, [rows, columns])], [1, columns]);
  return reshape(sum, shape);
};

const sum = (x: tf.TensorInfo, to: Reduced): tf.TensorInfo =>
  x.dtype === 'float32' && areRows(to.axes, x.shape.length) && !x.shape.includes(0)
    ? sumOfRows(x, to.shape)
    : reduce('ReduceSum', x, to);

registerAll({
  Sum: ({ x }, { axis, keepDims }) => sum(counted(x!), reduced(x!, axis, keepDims)),
  Prod: ({ x }, { axis, keepDims }) => reduce('ReduceProd', counted(x!), reduced(x!, axis, keepDims)),
});

register('Mean', ({ x }, { axis, keepDims }) => reduce('ReduceMean', cast(x!, 'float32'), reduced(x!, axis, keepDims)));

/** ONNX Runtime passes over a NaN; tfjs, and whoever looks for a training that diverged, wants to see it. */
const extreme = (op: string, x: tf.TensorInfo, to: Reduced): tf.TensorInfo => {
  if (x.dtype !== 'float32') return within('int32', x, (y) => reduce(op, y, to));
  const isNaN = cast(emit('IsNaN', [x], x.shape, 'bool'), 'float32');
  return where(cast(reduce('ReduceMax', isNaN, to), 'bool'), NaN, reduce(op, x, to));
};

registerAll({
  Max: ({ x }, { reductionIndices, keepDims }) => extreme('ReduceMax', x!, reduced(x!, reductionIndices, keepDims)),
  Min: ({ x }, { axis, keepDims }) => extreme('ReduceMin', x!, reduced(x!, axis, keepDims)),
  All: ({ x }, { axis, keepDims }) => extreme('ReduceMin', x!, reduced(x!, axis, keepDims)),
  Any: ({ x }, { axis, keepDims }) => extreme('ReduceMax', x!, reduced(x!, axis, keepDims)),
});

/** NaN loses against every number, as in tfjs. */
const position = (op: string, loser: number, input: tf.TensorInfo, axis: unknown): tf.TensorInfo => {
  const { axes, shape } = reduced(input, axis, false);
  const numbers = counted(input);
  const x =
    numbers.dtype === 'float32' ? where(emit('IsNaN', [numbers], numbers.shape, 'bool'), loser, numbers) : numbers;
  const index = emit(op, [x], shape, 'int32', { axis: axes[0]!, keepdims: 0 });
  return emit('Cast', [index], shape, 'int32', { to: 6 }); // ONNX counts in int64
};

/** ONNX has no running product: each is a product over its own part of the axis, in the square of its length. */
const runningProduct = (input: tf.TensorInfo, axis: number, exclusive: boolean, reverse: boolean): tf.TensorInfo => {
  const x = counted(input);
  const rank = x.shape.length;
  const perm = [...Array.from({ length: rank }, (_, i) => i).filter((i) => i !== axis), axis];
  const size = x.shape[axis]!;
  const order = `${reverse ? 'Greater' : 'Less'}${exclusive ? '' : 'OrEqual'}`;
  const counts = compare(order, counting(size, [1, size]), counting(size, [size, 1])); // [place of the result, place of the factor]
  const rows = transpose(x, perm);
  const factors = where(counts, reshape(rows, rows.shape.toSpliced(-1, 0, 1)), 1);
  const products = reduce('ReduceProd', factors, { axes: [rank], shape: rows.shape, keepDims: false });
  return transpose(
    products,
    perm.map((_, i) => perm.indexOf(i)),
  );
};

registerAll({
  ArgMax: ({ x }, { axis }) => position('ArgMax', -Infinity, x!, axis),
  ArgMin: ({ x }, { axis }) => position('ArgMin', Infinity, x!, axis),

  Cumsum: ({ x }, { axis, exclusive, reverse }) =>
    emit('CumSum', [counted(x!), currentTrace().builder.int64(axis as number)], x!.shape, counted(x!).dtype, {
      exclusive: exclusive === true ? 1 : 0,
      reverse: reverse === true ? 1 : 0,
    }),
  Cumprod: ({ x }, { axis, exclusive, reverse }) =>
    runningProduct(x!, axis as number, exclusive === true, reverse === true),
  Softmax: ({ logits }, { dim }) => map('Softmax', cast(logits!, 'float32'), { axis: dim as number }),
});
