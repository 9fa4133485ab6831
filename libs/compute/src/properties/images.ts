import type * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { define, floats, smallFloats, withExtra, type Case, type Cases } from './case.ts';

interface Settings {
  window: number;
  strides: number;
  pad: 'same' | 'valid' | number | tf.backend_util.ExplicitPadding;
}

interface Sizes extends Settings {
  batch: number;
  height: number;
  width: number;
  channels: number;
  filters: number;
}

/** Padding above and to the right alone: [batch, height, width, channels], each before and after. */
const oneSided = (most: number): tf.backend_util.ExplicitPadding => [
  [0, 0],
  [most, 0],
  [0, most],
  [0, 0],
];

/** Padding of fewer places than the window has: none of the windows lies in it altogether. */
const settings: fc.Arbitrary<Settings> = fc
  .record({ window: fc.integer({ min: 1, max: 3 }), strides: fc.integer({ min: 1, max: 2 }) })
  .chain((drawn) =>
    fc
      .constantFrom<Settings['pad']>('same', 'valid', 0, drawn.window - 1, oneSided(drawn.window - 1))
      .map((pad) => ({ ...drawn, pad })),
  );

const small = fc.integer({ min: 1, max: 2 });
const side = fc.integer({ min: 3, max: 5 });

const sizes: fc.Arbitrary<Sizes> = fc
  .tuple(settings, fc.record({ batch: small, height: side, width: side, channels: small, filters: small }))
  .map(([drawn, shape]) => ({ ...drawn, ...shape }));

const imagesOf = ({ batch, height, width, channels }: Sizes): number[] => [batch, height, width, channels];
const filtersOf = ({ window, channels, filters }: Sizes): number[] => [window, window, channels, filters];

type Convolution = (library: typeof tf, x: tf.Tensor4D, filter: tf.Tensor4D, sizes: Sizes) => tf.Tensor;

const convolution = (fn: Convolution, gradient = true): Case<never> =>
  define({
    fn: ({ tf }, [x, filter], drawn: Sizes) => fn(tf, x as tf.Tensor4D, filter as tf.Tensor4D, drawn),
    inputs: sizes.chain((drawn) => withExtra(drawn, smallFloats(imagesOf(drawn)), smallFloats(filtersOf(drawn)))),
    gradient,
  });

const pool = (fn: (library: typeof tf, x: tf.Tensor4D, sizes: Sizes) => tf.Tensor): Case<never> =>
  define({
    fn: ({ tf }, [x], drawn: Sizes) => fn(tf, x as tf.Tensor4D, drawn),
    inputs: sizes.chain((drawn) => withExtra(drawn, floats(imagesOf(drawn)))),
  });

export const images: Cases = {
  conv2d: convolution((tf, x, filter, { strides, pad }) => tf.conv2d(x, filter, strides, pad)),
  'conv2d, dilated': convolution((tf, x, filter) => tf.conv2d(x, filter, 1, 'same', 'NHWC', 2), false), // tfjs has no gradient
  'conv2d with the channels first': convolution(
    (tf, x, filter, { strides }) => tf.conv2d(tf.transpose(x, [0, 3, 1, 2]), filter, strides, 'valid', 'NCHW'),
    false, // its reference backend has none
  ),
  depthwiseConv2d: convolution((tf, x, filter, { strides, pad }) => tf.depthwiseConv2d(x, filter, strides, pad), false),
  'fused conv2d': convolution((tf, x, filter, { strides, pad }) =>
    tf.fused.conv2d({ x, filter, strides, pad, bias: tf.sum(filter, [0, 1, 2]), activation: 'elu' }),
  ),
  'fused depthwiseConv2d': convolution(
    (tf, x, filter, { strides }) => tf.fused.depthwiseConv2d({ x, filter, strides, pad: 'same', activation: 'relu' }),
    false,
  ),
  conv2dTranspose: convolution((tf, x, filter, { window, strides, batch, height, width }) => {
    const [outHeight, outWidth] = [height, width].map((length) => (length - 1) * strides + window) as [number, number];
    const turned = tf.transpose<tf.Tensor4D>(filter, [0, 1, 3, 2]); // [height, width, out, in]
    return tf.conv2dTranspose(x, turned, [batch, outHeight, outWidth, filter.shape[3]], strides, 'valid');
  }),
  conv1d: convolution((tf, x, filter, { batch, width, channels, window, filters, strides }) => {
    const lines = tf.reshape<tf.Rank.R3>(tf.slice(x, 0, [-1, 1, -1, -1]), [batch, width, channels]);
    const filter1d = tf.reshape<tf.Rank.R3>(tf.slice(filter, 0, 1), [window, channels, filters]);
    return tf.conv1d(lines, filter1d, strides, 'same');
  }),
  maxPool: pool((tf, x, { window, strides, pad }) => tf.maxPool(x, window, strides, pad)),
  avgPool: pool((tf, x, { window, strides, pad }) => tf.avgPool(x, window, strides, pad)),
};
