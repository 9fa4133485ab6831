import type * as tf from '@tensorflow/tfjs-core';
import { currentTrace, emit, nameOf } from '../trace-backend.ts';
import { activations } from './activation.ts';
import { registerAll, type Attributes, type Inputs } from './register.ts';
import { pair, reshape, transpose } from './values.ts';
import { asStored, channelsFirst, convolutionWindows, windowAttributes, type Windows } from './windows.ts';

/** Filters are [height, width, in, out] in tfjs, [out, in, height, width] in ONNX. */
const filters = (filter: tf.TensorInfo): tf.TensorInfo => transpose(filter, [3, 2, 0, 1]);

const dilationsOf = ({ dilationHeight, dilationWidth }: Windows): number[] => [dilationHeight, dilationWidth];

const convolve = (x: tf.TensorInfo, filter: tf.TensorInfo, windows: Windows, group: number): tf.TensorInfo => {
  const { batchSize, outChannels, outHeight, outWidth } = windows;
  const attributes = { ...windowAttributes(windows), dilations: dilationsOf(windows), group };
  const shape = [batchSize, outChannels, outHeight, outWidth];
  return asStored(emit('Conv', [channelsFirst(x, windows), filter], shape, 'float32', attributes), windows);
};

const convolution = ({ x, filter }: Inputs, attributes: Attributes): tf.TensorInfo => {
  const windows = convolutionWindows(x!.shape, filter!.shape, attributes);
  return convolve(x!, filters(filter!), windows, windows.inChannels / filter!.shape[2]!);
};

/** Every channel has filters of its own: as many groups as channels. */
const depthwise = ({ x, filter }: Inputs, attributes: Attributes): tf.TensorInfo => {
  const windows = convolutionWindows(x!.shape, filter!.shape, attributes, true);
  const [height, width] = filter!.shape as [number, number];
  const perChannel = reshape(transpose(filter!, [2, 3, 0, 1]), [windows.outChannels, 1, height, width]);
  return convolve(x!, perChannel, windows, windows.inChannels);
};

const fused =
  (product: typeof convolution) =>
  (inputs: Inputs, attributes: Attributes): tf.TensorInfo => {
    const { bias, preluActivationWeights } = inputs;
    const { activation, leakyreluAlpha, dataFormat } = attributes;
    // With the channels first, a vector belongs to them, not to the last axis.
    const aligned = (x: tf.TensorInfo): tf.TensorInfo =>
      dataFormat === 'NCHW' && x.shape.length === 1 && x.shape[0] !== 1 ? reshape(x, [x.shape[0]!, 1, 1]) : x;
    const plain = product(inputs, attributes);
    const biased = bias === undefined ? plain : pair('Add', plain, aligned(bias));
    const weights = preluActivationWeights === undefined ? undefined : aligned(preluActivationWeights);
    return activations[(activation as string | null) ?? 'linear']!(biased, weights, leakyreluAlpha as number);
  };

/** The transposed convolution, from the results' gradient to the inputs' (or as an operation of its own). */
const backpropInput = ({ dy, filter }: Inputs, attributes: Attributes): tf.TensorInfo => {
  const windows = convolutionWindows(attributes.inputShape as number[], filter!.shape, attributes);
  const { batchSize, inChannels, inHeight, inWidth, outHeight, outWidth } = windows;
  const { strides, pads } = windowAttributes(windows);
  const [strideHeight, strideWidth, top, left, bottom, right] = [...strides, ...pads] as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  // Rows and columns at the end that no window reached.
  const missing = [
    inHeight + top + bottom - (outHeight - 1) * strideHeight - windows.effectiveFilterHeight,
    inWidth + left + right - (outWidth - 1) * strideWidth - windows.effectiveFilterWidth,
  ];
  const settings = { strides, pads, dilations: dilationsOf(windows), output_padding: missing };
  const shape = [batchSize, inChannels, inHeight, inWidth];
  return asStored(
    emit('ConvTranspose', [channelsFirst(dy!, windows), filters(filter!)], shape, 'float32', settings),
    windows,
  );
};

/** A convolution of the images with the results' gradient, batch and channels in each other's place. */
const backpropFilter = ({ x, dy }: Inputs, attributes: Attributes): tf.TensorInfo => {
  const { builder } = currentTrace();
  const windows = convolutionWindows(x!.shape, attributes.filterShape as number[], attributes);
  const { strides, pads } = windowAttributes(windows);
  const { inChannels, outChannels, filterHeight, filterWidth } = windows;
  const [images, slopes] = [x!, dy!].map((each) => transpose(channelsFirst(each, windows), [1, 0, 2, 3]));
  const settings = { pads, strides: dilationsOf(windows), dilations: strides };
  // Larger than the filter where no window reached the end of the images.
  const all = builder.node('Conv', [nameOf(images!), nameOf(slopes!)], settings);
  const bounds = [builder.int64(0, 0), builder.int64(filterHeight, filterWidth), builder.int64(2, 3)];
  const shape = [inChannels, outChannels, filterHeight, filterWidth];
  return transpose(emit('Slice', [all, ...bounds], shape), [2, 3, 0, 1]);
};

registerAll({
  Conv2D: convolution,
  FusedConv2D: fused(convolution),
  DepthwiseConv2dNative: depthwise,
  FusedDepthwiseConv2D: fused(depthwise),
  Conv2DBackpropInput: backpropInput,
  Conv2DBackpropFilter: backpropFilter,
});
