import * as tf from '@tensorflow/tfjs-core';
import type { Attributes } from './register.ts';
import { knownSize, transpose } from './values.ts';

/** What tfjs knows of a window that moves over images. */
export type Windows = tf.backend_util.Conv2DInfo;

type Shape4D = [number, number, number, number];
type Pair = number | [number, number];
type Rounding = 'floor' | 'round' | 'ceil';

/** A number of windows is no product of sizes: it cannot be worked out for a size that is not known. */
const known = (windows: Windows): Windows => {
  for (const size of [windows.inHeight, windows.inWidth]) knownSize(size, 'a window that moves along an axis');
  return windows;
};

/** Of a convolution; `filterShape` and the dilations are attributes of it or of its inputs. */
export const convolutionWindows = (
  inputShape: number[],
  filterShape: number[],
  { strides, pad, dilations, dataFormat, dimRoundingMode }: Attributes,
  depthwise = false,
): Windows =>
  known(
    tf.backend_util.computeConv2DInfo(
      inputShape as Shape4D,
      filterShape as Shape4D,
      strides as Pair,
      (dilations as Pair | null) ?? 1,
      pad as number,
      dimRoundingMode as Rounding,
      depthwise,
      tf.backend_util.convertConv2DDataFormat((dataFormat as 'NHWC' | undefined) ?? 'NHWC'),
    ),
  );

export const poolWindows = (inputShape: number[], { filterSize, strides, pad, dimRoundingMode }: Attributes): Windows =>
  known(
    tf.backend_util.computePool2DInfo(
      inputShape as Shape4D,
      filterSize as [number, number],
      strides as Pair,
      1,
      pad as number,
      dimRoundingMode as Rounding,
    ),
  );

/** ONNX's attributes of the same windows: pads are those before each axis, then those after. */
export const windowAttributes = (windows: Windows): Record<'strides' | 'pads', number[]> => {
  const { padInfo, strideHeight, strideWidth } = windows;
  // tfjs may round the number of windows up; the last then reaches beyond the padding that it names.
  const after = (pad: number, before: number, input: number, count: number, stride: number, reach: number): number =>
    Math.max(pad, (count - 1) * stride + reach - input - before);
  const { inHeight, outHeight, effectiveFilterHeight, inWidth, outWidth, effectiveFilterWidth } = windows;
  const bottom = after(padInfo.bottom, padInfo.top, inHeight, outHeight, strideHeight, effectiveFilterHeight);
  const right = after(padInfo.right, padInfo.left, inWidth, outWidth, strideWidth, effectiveFilterWidth);
  return { strides: [strideHeight, strideWidth], pads: [padInfo.top, padInfo.left, bottom, right] };
};

/** tfjs's images have their channels last, ONNX's first. */
export const channelsFirst = (x: tf.TensorInfo, { dataFormat }: Windows): tf.TensorInfo =>
  dataFormat === 'channelsLast' ? transpose(x, [0, 3, 1, 2]) : x;

export const asStored = (x: tf.TensorInfo, { dataFormat }: Windows): tf.TensorInfo =>
  dataFormat === 'channelsLast' ? transpose(x, [0, 2, 3, 1]) : x;
