import * as tf from '@tensorflow/tfjs-core';
import { currentTrace, emit } from '../trace-backend.ts';
import { register } from './register.ts';
import { filled, reshape } from './shape.ts';

const reductions = {
  Sum: 'ReduceSum',
  Mean: 'ReduceMean',
  Max: 'ReduceMax',
  Min: 'ReduceMin',
  Prod: 'ReduceProd',
} as const;

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

for (const [kernel, op] of Object.entries(reductions))
  register(kernel, ({ x }, { axis, keepDims }) => {
    const axes = tf.util.parseAxisParam(axis as number | number[], x!.shape);
    if (axes.length === 0) return emit('Identity', [x!], x!.shape, x!.dtype);
    const keep = keepDims === true;
    const shape = keep
      ? x!.shape.map((size, i) => (axes.includes(i) ? 1 : size))
      : x!.shape.filter((_, i) => !axes.includes(i));
    if (kernel === 'Sum' && x!.dtype === 'float32' && areRows(axes, x!.shape.length) && !x!.shape.includes(0))
      return sumOfRows(x!, shape);
    // tfjs sums booleans as integers.
    const source = x!.dtype === 'bool' ? emit('Cast', [x!], x!.shape, 'int32', { to: 6 }) : x!;
    return emit(op, [source, currentTrace().builder.int64(...axes)], shape, source.dtype, { keepdims: keep ? 1 : 0 });
  });

register('ArgMax', ({ x }, { axis }) => {
  const at = axis as number;
  const shape = x!.shape.filter((_, i) => i !== at);
  const index = emit('ArgMax', [x!], shape, 'int32', { axis: at, keepdims: 0 });
  return emit('Cast', [index], shape, 'int32', { to: 6 }); // ONNX counts in int64
});

register('Cumsum', ({ x }, { axis, exclusive, reverse }) =>
  emit('CumSum', [x!, currentTrace().builder.int64(axis as number)], x!.shape, x!.dtype, {
    exclusive: exclusive === true ? 1 : 0,
    reverse: reverse === true ? 1 : 0,
  }),
);

register('Softmax', ({ logits }, { dim }) =>
  emit('Softmax', [logits!], logits!.shape, 'float32', { axis: dim as number }),
);

register('LogSoftmax', ({ logits }, { axis }) =>
  emit('LogSoftmax', [logits!], logits!.shape, 'float32', { axis: axis as number }),
);
