import * as tf from '@tensorflow/tfjs-core';
import { alias, currentTrace, emit, nameOf, traced } from '../trace-backend.ts';
import { registerAll, type Attributes } from './register.ts';
import { constant, filled, knownSize, reshape, scalar, transpose } from './values.ts';

const concat = (parts: tf.TensorInfo[], axis: number): tf.TensorInfo => {
  const shapes = parts.map(({ shape }) => shape);
  const at = tf.util.parseAxisParam(axis, shapes[0]!)[0]!;
  tf.backend_util.assertParamsConsistent(shapes, at);
  const shape = tf.backend_util.computeOutShape(shapes, at);
  return parts.length === 1 ? alias(parts[0]!) : emit('Concat', parts, shape, parts[0]!.dtype, { axis: at });
};

const split = (x: tf.TensorInfo, sizes: number[], at: number): tf.TensorInfo[] => {
  const { builder } = currentTrace();
  const names = sizes.map(() => builder.fresh('v'));
  builder.node('Split', [nameOf(x), builder.int64(...sizes)], { axis: at }, '', names);
  return names.map((name, i) => traced(name, x.shape.with(at, sizes[i]!), x.dtype));
};

const expandDims = (x: tf.TensorInfo, dim: number): tf.TensorInfo => {
  const rank = x.shape.length;
  tf.util.assert(-(rank + 1) <= dim && dim <= rank, () => `axis ${dim} is not within [${-(rank + 1)}, ${rank}]`);
  return reshape(x, x.shape.toSpliced(dim < 0 ? dim + rank + 1 : dim, 0, 1));
};

/** Beyond every axis: ONNX stops at the last position, before the first one when it counts backwards. */
const beforeFirst = -(2 ** 31);

const slice = (x: tf.TensorInfo, begin: number[], end: number[], shape: number[], steps?: number[]): tf.TensorInfo => {
  if (shape.length === 0) return alias(x);
  const { builder } = currentTrace();
  const operands = [begin, end, shape.map((_, i) => i), ...(steps === undefined ? [] : [steps])];
  return emit('Slice', [x, ...operands.map((operand) => builder.int64(...operand))], shape, x.dtype);
};

const reverse = (x: tf.TensorInfo, axes: number[]): tf.TensorInfo => {
  if (axes.length === 0) return alias(x);
  const { builder } = currentTrace();
  const each = (value: number): string => builder.int64(...axes.map(() => value));
  return emit('Slice', [x, each(-1), each(beforeFirst), builder.int64(...axes), each(-1)], x.shape, x.dtype);
};

type Mask = 'beginMask' | 'endMask' | 'ellipsisMask' | 'newAxisMask' | 'shrinkAxisMask';
type StridedSliceAttributes = Record<'begin' | 'end' | 'strides', number[]> & Record<Mask, number>;

const stridedSlice = (x: tf.TensorInfo, attributes: Attributes): tf.TensorInfo => {
  const { begin, end, strides, beginMask, endMask, ellipsisMask, newAxisMask, shrinkAxisMask } =
    attributes as unknown as StridedSliceAttributes;
  const masks = [beginMask, endMask, ellipsisMask, newAxisMask, shrinkAxisMask] as const;
  const info = tf.slice_util.sliceInfo(x.shape, begin, end, strides, ...masks);
  if (info.isIdentity) return reshape(x, info.finalShape);
  const stops = info.end.map((stop, i) => (stop < 0 && info.strides[i]! < 0 ? beforeFirst : stop));
  // A slice that ends before it begins is empty.
  const shape = tf.slice_util.computeOutShape(info.begin, info.end, info.strides).map((size) => Math.max(0, size));
  return reshape(slice(x, info.begin, stops, shape, info.strides), info.finalShape);
};

/** Positions along an axis that a mirror pads: `reflect` leaves the edge out, `symmetric` repeats it. */
const mirrored = (size: number, before: number, after: number, offset: number): number[] =>
  Array.from({ length: before + size + after }, (_, i) => {
    const at = i - before;
    if (at < 0) return -at - 1 + offset;
    return at < size ? at : 2 * size - 1 - at - offset;
  });

registerAll({
  Reshape: ({ x }, { shape }) =>
    reshape(x!, tf.util.inferFromImplicitShape(shape as number[], tf.util.sizeFromShape(x!.shape))),
  ExpandDims: ({ input }, { dim }) => expandDims(input!, dim as number),
  Transpose: ({ x }, { perm }) => transpose(x!, perm as number[]),
  Tile: ({ x }, { reps }) => {
    const repeats = reps as number[];
    const shape = x!.shape.map((size, i) => size * repeats[i]!);
    return emit('Tile', [x!, currentTrace().symbols.shapeOperand(repeats)], shape, x!.dtype);
  },

  Slice: ({ x }, { begin, size }) => {
    const [start, shape] = tf.slice_util.parseSliceParams(x as tf.Tensor, begin as number[], size as number[]);
    tf.slice_util.assertParamsValid(x as tf.Tensor, start!, shape!);
    const end = shape!.map((length, i) => start![i]! + length);
    return slice(x!, start!, end, shape!);
  },
  StridedSlice: ({ x }, attributes) => stridedSlice(x!, attributes),
  Reverse: ({ x }, { dims }) => reverse(x!, tf.util.parseAxisParam(dims as number[], x!.shape)),
  FlipLeftRight: ({ image }) => reverse(image!, [2]), // [batch, height, width, channels]

  Concat: (inputs, { axis }) => concat(Object.values(inputs), axis as number),
  Pack: (inputs, { axis }) => {
    const parts = Object.values(inputs);
    for (const { shape, dtype } of parts) {
      tf.util.assertShapesMatch(parts[0]!.shape, shape, 'stack: shapes must match. ');
      tf.util.assert(dtype === parts[0]!.dtype, () => `stack: types must match, not ${parts[0]!.dtype} and ${dtype}`);
    }
    const at = axis as number;
    const expanded = parts.map((part) => expandDims(part, at));
    return concat(expanded, at < 0 ? at + expanded[0]!.shape.length : at);
  },
  SplitV: ({ x }, { numOrSizeSplits, axis }) => {
    const at = tf.util.parseAxisParam(axis as number, x!.shape)[0]!;
    return split(x!, tf.backend_util.prepareSplitSize(x as tf.Tensor, numOrSizeSplits as number | number[], at), at);
  },
  Unpack: ({ value }, { axis }) => {
    const at = tf.util.parseAxisParam(axis as number, value!.shape)[0]!;
    const ones = Array.from({ length: knownSize(value!.shape[at]!, 'unstack') }, () => 1);
    const parts = split(value!, ones, at);
    return parts.map((part) => reshape(part, part.shape.toSpliced(at, 1)));
  },

  PadV2: ({ x }, { paddings, constantValue }) => {
    const pads = paddings as [number, number][];
    const shape = x!.shape.map((size, i) => size + pads[i]![0] + pads[i]![1]);
    const amounts = currentTrace().builder.int64(...pads.map(([before]) => before), ...pads.map(([, after]) => after));
    return emit('Pad', [x!, amounts, scalar(constantValue as number, x!.dtype)], shape, x!.dtype);
  },
  MirrorPad: ({ x }, { paddings, mode }) =>
    (paddings as [number, number][]).reduce((padded, [before, after], axis) => {
      if (before === 0 && after === 0) return padded;
      const positions = mirrored(
        knownSize(padded.shape[axis]!, 'mirrorPad'),
        before,
        after,
        mode === 'reflect' ? 1 : 0,
      );
      const indices = constant(positions, [positions.length], 'int32');
      return emit('Gather', [padded, indices], padded.shape.with(axis, positions.length), x!.dtype, { axis });
    }, x!),

  Fill: (_, { shape, value, dtype }) =>
    filled(
      shape as number[],
      value as number,
      (dtype as tf.DataType | undefined) ?? tf.util.inferDtype(value as number),
    ),
  ZerosLike: ({ x }) => filled(x!.shape, 0, x!.dtype),
  OnesLike: ({ x }) => filled(x!.shape, 1, x!.dtype),
});
