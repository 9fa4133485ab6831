import type * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import {
  axesOf,
  axisOf,
  define,
  floats,
  integers,
  nonEmpty,
  only,
  shapeOf,
  size,
  withExtra,
  type Case,
  type Cases,
} from './case.ts';

interface Along {
  axes: number[];
  keepDims: boolean;
}

type Reduction = (library: typeof tf, x: tf.Tensor, along: Along) => tf.Tensor;
type OneAxis = (library: typeof tf, x: tf.Tensor, axis: number) => tf.Tensor;

const along = (shape: number[]): fc.Arbitrary<Along> => fc.record({ axes: axesOf(shape), keepDims: fc.boolean() });

const reduction = (fn: Reduction, sizes = size, gradient = true): Case<never> =>
  define({
    fn: ({ tf }, [x], extra: Along) => fn(tf, x!, extra),
    inputs: shapeOf({ min: 0, max: 3 }, sizes).chain((shape) =>
      along(shape).chain((extra) => withExtra(extra, floats(shape))),
    ),
    gradient,
  });

const ofIntegers = (fn: Reduction): Case<never> =>
  define({
    fn: ({ tf }, [x], extra: Along) => fn(tf, x!, extra),
    inputs: shapeOf({ min: 0, max: 3 }, nonEmpty).chain((shape) =>
      along(shape).chain((extra) => withExtra(extra, integers(shape, -4, 4))),
    ),
  });

const oneAxis = (fn: OneAxis, sizes = size, gradient = true): Case<never> =>
  define({
    fn: ({ tf }, [x], axis: number) => fn(tf, x!, axis),
    inputs: shapeOf({ min: 1, max: 3 }, sizes).chain((shape) =>
      axisOf(shape).chain((axis) => withExtra(axis, floats(shape))),
    ),
    gradient,
  });

/** The softmax operations of tfjs know the last axis alone. */
const lastAxis = (fn: (library: typeof tf, x: tf.Tensor) => tf.Tensor): Case<never> =>
  define({
    fn: ({ tf }, [x]) => fn(tf, x!),
    inputs: shapeOf({ min: 1, max: 3 }, nonEmpty).chain((shape) => withExtra(undefined, floats(shape))),
  });

export const reductions: Cases = {
  sum: reduction((tf, x, { axes, keepDims }) => tf.sum(x, axes, keepDims)),
  mean: reduction((tf, x, { axes, keepDims }) => tf.mean(x, axes, keepDims), nonEmpty),
  prod: reduction((tf, x, { axes, keepDims }) => tf.prod(x, axes, keepDims), size, false), // finite differences of 0 alone
  'gradient of prod': reduction((tf, x, { axes, keepDims }) => tf.prod(x, axes, keepDims), nonEmpty),
  max: reduction((tf, x, { axes, keepDims }) => tf.max(x, axes, keepDims), nonEmpty),
  min: reduction((tf, x, { axes, keepDims }) => tf.min(x, axes, keepDims), nonEmpty),
  'max of NaN': reduction((tf, x, { axes, keepDims }) => tf.max(tf.log(x), axes, keepDims), nonEmpty, false),
  'min of NaN': reduction((tf, x, { axes, keepDims }) => tf.min(tf.log(x), axes, keepDims), nonEmpty, false),
  logSumExp: reduction((tf, x, { axes, keepDims }) => tf.logSumExp(x, axes, keepDims), nonEmpty),
  norm: reduction((tf, x, { axes, keepDims }) => tf.norm(x, 'euclidean', axes[0], keepDims), nonEmpty),
  variance: reduction((tf, x, { axes, keepDims }) => tf.moments(x, axes, keepDims).variance, nonEmpty),
  'sum of integers': ofIntegers((tf, x, { axes, keepDims }) => tf.sum(x, axes, keepDims)),
  'mean of integers': ofIntegers((tf, x, { axes, keepDims }) => tf.mean(x, axes, keepDims)),
  'max and min of integers': ofIntegers((tf, x, { axes }) => tf.sub(tf.max(x, axes), tf.min(x, axes))),
  'sum of booleans': ofIntegers((tf, x, { axes, keepDims }) => tf.sum(tf.cast(x, 'bool'), axes, keepDims)),
  'all and any': ofIntegers((tf, x, { axes }) => {
    const [all, any] = [tf.all(tf.cast(x, 'bool'), axes), tf.any(tf.cast(x, 'bool'), axes)];
    return tf.add(tf.cast(all, 'int32'), tf.cast(any, 'int32'));
  }),

  argMax: oneAxis((tf, x, axis) => tf.argMax(x, axis), nonEmpty, false),
  argMin: oneAxis((tf, x, axis) => tf.argMin(x, axis), nonEmpty, false),
  'argMax of equal integers': define({
    fn: ({ tf }, [x]) => tf.argMax(x!, -1),
    inputs: shapeOf({ min: 1, max: 3 }, nonEmpty).chain((shape) => withExtra(undefined, integers(shape, 0, 2))),
  }),
  cumsum: oneAxis((tf, x, axis) => tf.cumsum(x, axis), size, false),
  'cumsum, exclusive and backwards': oneAxis((tf, x, axis) => tf.cumsum(x, axis, true, true), size, false),
  'gradient of cumsum': lastAxis((tf, x) => tf.cumsum(x, x.rank - 1)), // along another axis tfjs transposes it
  cumprod: oneAxis((tf, x, axis) => tf.cumprod(x, axis), size, false),
  'cumprod, exclusive and backwards': oneAxis((tf, x, axis) => tf.cumprod(x, axis, true, true), size, false),
  softmax: lastAxis((tf, x) => tf.softmax(x)),
  logSoftmax: lastAxis((tf, x) => tf.logSoftmax(x)),
  // Every row by its own maximum, or all but one underflow.
  'logSoftmax of rows of very different sizes': define({
    fn: ({ tf }, [x, rows]) => tf.logSoftmax(tf.add(tf.cast(x!, 'float32'), tf.mul(tf.cast(rows!, 'float32'), 1000))),
    inputs: fc
      .tuple(nonEmpty, nonEmpty)
      .chain(([count, width]) => only(integers([count, width], -4, 4), integers([count, 1], -3, 3))),
  }),
  'topk, values': define({
    fn: ({ tf }, [x], k: number) => tf.topk(x!, k).values,
    inputs: shapeOf({ min: 1, max: 3 }, nonEmpty).chain((shape) =>
      fc.integer({ min: 1, max: shape.at(-1)! }).chain((k) => withExtra(k, floats(shape))),
    ),
    gradient: false, // tfjs has none
  }),
  'topk, positions': define({
    fn: ({ tf }, [x], k: number) => tf.topk(x!, k).indices,
    inputs: shapeOf({ min: 1, max: 3 }, nonEmpty).chain((shape) =>
      fc.integer({ min: 1, max: shape.at(-1)! }).chain((k) => withExtra(k, floats(shape))),
    ),
    gradient: false,
  }),
};
