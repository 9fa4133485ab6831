import * as tf from '@tensorflow/tfjs-core';
import { alias, currentTrace, emit, nameOf } from '../trace-backend.ts';
import { register, registerAll } from './register.ts';
import { constant, filled, pair, reshape } from './values.ts';
import { asStored, channelsFirst, poolWindows, windowAttributes, type Windows } from './windows.ts';

const settings = (windows: Windows): Record<string, number[]> => ({
  kernel_shape: [windows.filterHeight, windows.filterWidth],
  ...windowAttributes(windows),
});

const outShape = ({ batchSize, inChannels, outHeight, outWidth }: Windows): number[] => [
  batchSize,
  inChannels,
  outHeight,
  outWidth,
];

const inShape = ({ batchSize, inChannels, inHeight, inWidth }: Windows): number[] => [
  batchSize,
  inChannels,
  inHeight,
  inWidth,
];

for (const op of ['MaxPool', 'AvgPool'] as const)
  register(op, ({ x }, attributes) => {
    const windows = poolWindows(x!.shape, attributes);
    if (tf.util.arraysEqual(windows.inShape, windows.outShape) && windows.filterHeight * windows.filterWidth === 1)
      return alias(x!);
    const node = emit(
      op === 'MaxPool' ? op : 'AveragePool',
      [channelsFirst(x!, windows)],
      outShape(windows),
      'float32',
      settings(windows),
    );
    return asStored(node, windows);
  });

/** How many elements of the images each window covers, padding left out: [1, 1, out height, out width]. */
const covered = (windows: Windows): tf.TensorInfo => {
  const { outHeight, outWidth, filterHeight, filterWidth, strideHeight, strideWidth, inHeight, inWidth, padInfo } =
    windows;
  const along = (i: number, stride: number, before: number, reach: number, size: number): number =>
    Math.min(size, i * stride - before + reach) - Math.max(0, i * stride - before);
  const counts = Array.from({ length: outHeight * outWidth }, (_, place) => {
    const row = along(Math.floor(place / outWidth), strideHeight, padInfo.top, filterHeight, inHeight);
    return row * along(place % outWidth, strideWidth, padInfo.left, filterWidth, inWidth);
  });
  return constant(counts, [1, 1, outHeight, outWidth], 'float32');
};

registerAll({
  /** The gradient goes to where each window's maximum was. */
  MaxPoolGrad: ({ dy, input }, attributes) => {
    const windows = poolWindows(input!.shape, attributes);
    const { builder, symbols } = currentTrace();
    const names = [builder.fresh('v'), builder.fresh('v')];
    builder.node('MaxPool', [nameOf(channelsFirst(input!, windows))], settings(windows), '', names);
    const count = tf.util.sizeFromShape(windows.outShape);
    const positions = builder.node('Reshape', [names[1]!, symbols.shapeOperand([count, 1])]); // int64, into the flat images
    const slopes = reshape(channelsFirst(dy!, windows), [count]);
    const flat = [tf.util.sizeFromShape(windows.inShape)];
    const sums = emit('ScatterND', [filled(flat, 0, 'float32'), positions, slopes], flat, 'float32', {
      reduction: 'add',
    });
    return asStored(reshape(sums, inShape(windows)), windows);
  },
  /** A transposed convolution with filters of ones, a channel a group. */
  AvgPoolGrad: ({ dy, input }, attributes) => {
    const windows = poolWindows(input!.shape, attributes);
    const { inChannels, inHeight, inWidth, filterHeight, filterWidth, outHeight, outWidth } = windows;
    const { strides, pads } = windowAttributes(windows);
    const each = pair('Div', channelsFirst(dy!, windows), covered(windows));
    const ones = filled([inChannels, 1, filterHeight, filterWidth], 1, 'float32');
    const missing = [
      inHeight + pads[0]! + pads[2]! - (outHeight - 1) * strides[0]! - filterHeight,
      inWidth + pads[1]! + pads[3]! - (outWidth - 1) * strides[1]! - filterWidth,
    ];
    const convolution = { strides, pads, output_padding: missing, group: inChannels };
    return asStored(emit('ConvTranspose', [each, ones], inShape(windows), 'float32', convolution), windows);
  },
});
