import * as tf from '@tensorflow/tfjs-core';
import { currentTrace, emit, nameOf, traced } from '../trace-backend.ts';
import { registerAll } from './register.ts';
import { cast, compare, constant, counting, filled, int64, knownSize, reshape, scalar, where } from './values.ts';

/** Rows of several batches at once: [batch, size, outer, slice] by [batch, count] → [batch, count, outer, slice]. */
const gatherInBatches = (x: tf.TensorInfo, indices: tf.TensorInfo, axis: number, batchDims: number): tf.TensorInfo => {
  const info = tf.backend_util.segment_util.collectGatherOpShapeInfo(x, indices, axis, batchDims);
  const { batchSize: batch, outerSize: outer, dimSize: size, sliceSize, outputShape } = info;
  const count = tf.util.sizeFromShape(indices.shape) / batch;
  const sizeFirst = emit(
    'Transpose',
    [reshape(x, [batch, outer, size, sliceSize])],
    [batch, size, outer, sliceSize],
    x.dtype,
    { perm: [0, 2, 1, 3] },
  );
  const positions = int64(reshape(indices, [batch, count, 1]));
  const rows = emit('GatherND', [sizeFirst, positions], [batch, count, outer, sliceSize], x.dtype, { batch_dims: 1 });
  const shape = [batch, outer, count, sliceSize];
  return reshape(emit('Transpose', [rows], shape, x.dtype, { perm: [0, 2, 1, 3] }), outputShape);
};

/** Adds (or, without a reduction, writes) updates into a copy of `target` at [count, depth] positions. */
const scatter = (target: tf.TensorInfo, positions: tf.TensorInfo | string, updates: tf.TensorInfo, reduction?: 'add') =>
  emit(
    'ScatterND',
    [target, positions, updates],
    target.shape,
    target.dtype,
    reduction === undefined ? {} : { reduction },
  );

/** tfjs lets a single position be a scalar or a vector of scalars. */
const asPositions = (indices: tf.TensorInfo): string =>
  int64(indices.shape.length > 1 ? indices : reshape(indices, [tf.util.sizeFromShape(indices.shape), 1]));

/** As tfjs counts: a step of 1 means −1 where the range goes down. */
const rangeValues = (start: number, stop: number, step: number): number[] => {
  const by = stop < start && step === 1 ? -1 : step;
  const count = Math.max(0, Math.ceil((stop - start) / by));
  return Array.from({ length: Number.isFinite(count) ? count : 0 }, (_, i) => start + i * by);
};

const range = (start: number, stop: number, step: number, dtype: tf.DataType): tf.TensorInfo => {
  if (start === 0 && step === 1 && stop >= 0 && Number.isInteger(stop)) return counting(stop, [stop], dtype);
  const values = rangeValues(start, knownSize(stop, 'a range that does not start at 0 and count in ones'), step);
  return constant(values, [values.length], dtype);
};

registerAll({
  GatherV2: ({ x, indices }, { axis, batchDims = 0 }) => {
    const at = tf.util.parseAxisParam(axis as number, x!.shape)[0]!;
    const batches = batchDims as number;
    if (batches !== 0) return gatherInBatches(x!, cast(indices!, 'int32'), at, batches);
    const shape = [...x!.shape.slice(0, at), ...indices!.shape, ...x!.shape.slice(at + 1)];
    return emit('Gather', [x!, cast(indices!, 'int32')], shape, x!.dtype, { axis: at });
  },
  GatherNd: ({ params, indices }) => {
    const [shape] = tf.backend_util.prepareAndValidate(params!, indices!);
    return emit('GatherND', [params!, int64(indices!)], shape, params!.dtype);
  },
  ScatterNd: ({ indices, updates }, { shape }) => {
    tf.backend_util.calculateShapes(updates!, indices!, shape as number[]);
    return scatter(filled(shape as number[], 0, updates!.dtype), asPositions(indices!), updates!, 'add');
  },
  TensorScatterUpdate: ({ tensor, indices, updates }) => {
    tf.backend_util.calculateShapes(updates!, indices!, tensor!.shape);
    return scatter(tensor!, asPositions(indices!), updates!);
  },
  SparseToDense: ({ sparseIndices, sparseValues, defaultValue }, { outputShape }) => {
    const { symbols } = currentTrace();
    const shape = outputShape as number[];
    const target = emit('Expand', [defaultValue!, symbols.shapeOperand(shape)], shape, sparseValues!.dtype);
    const count = sparseIndices!.shape.length === 0 ? 1 : sparseIndices!.shape[0]!;
    const values = emit('Expand', [sparseValues!, symbols.shapeOperand([count])], [count], sparseValues!.dtype);
    return scatter(target, asPositions(sparseIndices!), values);
  },
  // tfjs passes over ids that name no segment; ONNX would count negative ones from the end. They add 0 to segment 0.
  UnsortedSegmentSum: ({ x, segmentIds }, { numSegments }) => {
    const { builder, symbols } = currentTrace();
    const segments = numSegments as number;
    const rest = x!.shape.slice(segmentIds!.shape.length);
    const count = tf.util.sizeFromShape(segmentIds!.shape);
    const ids = cast(reshape(segmentIds!, [count]), 'int32');
    const ends = emit('Cast', [builder.node('Squeeze', [symbols.shapeOperand([segments])])], [], 'int32', { to: 6 });
    const named = compare('And', compare('GreaterOrEqual', ids, 0), compare('Less', ids, ends));
    const updates = where(reshape(named, [count, ...rest.map(() => 1)]), reshape(x!, [count, ...rest]), 0);
    const positions = int64(reshape(where(named, ids, 0), [count, 1]));
    return scatter(filled([segments, ...rest], 0, x!.dtype), positions, updates, 'add');
  },

  // ONNX counts a negative index from the end; tfjs leaves its row off.
  OneHot: ({ indices }, { depth, onValue, offValue, dtype }) => {
    const type = (dtype as tf.DataType | undefined) ?? 'int32';
    const size = depth as number;
    const places = counting(size, [size]);
    const hit = compare('Equal', reshape(cast(indices!, 'int32'), [...indices!.shape, 1]), places);
    if (onValue === 1 && offValue === 0) return cast(hit, type);
    return cast(where(hit, scalar(onValue as number, 'float32'), offValue as number), type);
  },
  TopK: ({ x }, { k }) => {
    const shape = x!.shape.with(-1, k as number);
    const { builder } = currentTrace();
    const names = [builder.fresh('v'), builder.fresh('v')];
    builder.node('TopK', [nameOf(x!), builder.int64(k as number)], {}, '', names);
    const positions = emit('Cast', [names[1]!], shape, 'int32', { to: 6 }); // ONNX counts in int64
    return [traced(names[0]!, shape, x!.dtype), positions];
  },

  Range: (_, { start, stop, step, dtype }) =>
    range(start as number, stop as number, step as number, (dtype as tf.DataType | undefined) ?? 'float32'),
  LinSpace: (_, { start, stop, num }) => {
    const [from, to, count] = [start as number, stop as number, num as number];
    const step = (to - from) / Math.max(1, count - 1);
    return constant(
      Array.from({ length: count }, (_, i) => from + i * step),
      [count],
      'float32',
    );
  },
  Diag: ({ x }) => {
    const size = tf.util.sizeFromShape(x!.shape);
    const onDiagonal = compare('Equal', counting(size, [size, 1]), counting(size, [1, size]));
    return reshape(where(onDiagonal, reshape(x!, [1, size]), 0), [...x!.shape, ...x!.shape]);
  },
});
