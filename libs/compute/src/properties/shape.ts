import type * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import {
  anyShape,
  axisOf,
  define,
  floats,
  integers,
  nonEmpty,
  shapeOf,
  withExtra,
  type Case,
  type Cases,
} from './case.ts';

type Fn<Extra> = (library: typeof tf, x: tf.Tensor, extra: Extra) => tf.Tensor;

/** An operation on one tensor, with something that is drawn for its shape. */
const ofShape = <Extra>(
  extraOf: (shape: number[]) => fc.Arbitrary<Extra>,
  fn: Fn<Extra>,
  shapes: fc.Arbitrary<number[]> = anyShape,
  gradient = true,
): Case<never> =>
  define({
    fn: ({ tf }, [x], extra: Extra) => fn(tf, x!, extra),
    inputs: shapes.chain((shape) => extraOf(shape).chain((extra) => withExtra(extra, floats(shape)))),
    gradient,
  });

const ranked = shapeOf({ min: 1, max: 3 });
const filled = shapeOf({ min: 1, max: 3 }, nonEmpty);

/** tfjs's gradient of unstack fails on an axis of one. */
const long = shapeOf({ min: 1, max: 3 }, fc.constantFrom(2, 3));

const permutation = (shape: number[]): fc.Arbitrary<number[]> => {
  const axes = shape.map((_, axis) => axis);
  return fc.shuffledSubarray(axes, { minLength: axes.length });
};

const eachAxis =
  <Value>(of: (length: number) => fc.Arbitrary<Value>) =>
  (shape: number[]): fc.Arbitrary<Value[]> =>
    fc.tuple(...shape.map(of));

const part = (length: number): fc.Arbitrary<[number, number]> =>
  fc.nat(length).chain((begin) => fc.tuple(fc.constant(begin), fc.nat(length - begin)));

/** Ends on the side that the step goes to: tfjs's CPU backend, the reference, is wrong for the others, which are empty. */
const stride = (length: number): fc.Arbitrary<{ begin: number; end: number; by: number }> =>
  fc
    .record({ at: fc.nat(length - 1), backwards: fc.boolean(), fromEnd: fc.boolean(), size: fc.constantFrom(1, 2, 3) })
    .chain(({ at, backwards, fromEnd, size: step }) => {
      const beforeFirst = -(length + 1);
      const ends = backwards ? fc.oneof(fc.nat(at), fc.constant(beforeFirst)) : fc.integer({ min: at, max: length });
      const begin = fromEnd ? at - length : at;
      return ends.map((end) => ({ begin, end, by: backwards ? -step : step }));
    });

const pads =
  (most: (length: number) => number) =>
  (length: number): fc.Arbitrary<[number, number]> =>
    fc.tuple(fc.nat(most(length)), fc.nat(most(length)));

const nothing = (): fc.Arbitrary<undefined> => fc.constant(undefined);

const newAxis = (shape: number[]): fc.Arbitrary<number> => fc.nat(shape.length);

export const shapes: Cases = {
  reshape: ofShape(nothing, (tf, x) => tf.reshape(tf.mul(tf.reshape(x, [-1]), 2), [...x.shape, 1]), filled),
  'reshape of an empty tensor': ofShape(nothing, (tf, x) => tf.reshape(x, x.shape.toReversed())),
  transpose: ofShape(permutation, (tf, x, order) => tf.transpose(x, order)),
  'expandDims and squeeze': ofShape(newAxis, (tf, x, axis) => tf.mul(tf.squeeze(tf.expandDims(x, axis), [axis]), 2)),
  slice: ofShape(
    eachAxis(part),
    (tf, x, parts) => {
      const [begin, length] = [0, 1].map((i) => parts.map((bounds) => bounds[i]!)) as [number[], number[]];
      return tf.slice(x, begin, length);
    },
    ranked,
  ),
  stridedSlice: ofShape(
    eachAxis(stride),
    (tf, x, strides) => {
      const of = (key: 'begin' | 'end' | 'by'): number[] => strides.map((along) => along[key]);
      return tf.stridedSlice(x, of('begin'), of('end'), of('by'));
    },
    filled,
    false, // tfjs has none
  ),
  reverse: ofShape(axisOf, (tf, x, axis) => tf.reverse(x, axis), ranked),
  pad: ofShape(eachAxis(pads(() => 2)), (tf, x, amounts) => tf.pad(x, amounts, 0.5), ranked),
  'mirrorPad, reflect': ofShape(
    eachAxis(pads((length) => length - 1)),
    (tf, x, amounts) => tf.mirrorPad(x, amounts, 'reflect'),
    filled,
    false, // tfjs has none
  ),
  'mirrorPad, symmetric': ofShape(
    eachAxis(pads((length) => length)),
    (tf, x, amounts) => tf.mirrorPad(x, amounts, 'symmetric'),
    filled,
    false,
  ),
  tile: ofShape(
    eachAxis(() => fc.integer({ min: 1, max: 3 })),
    (tf, x, reps) => tf.tile(x, reps),
    filled,
  ),
  broadcastTo: ofShape(nothing, (tf, x) => tf.broadcastTo(x, [2, ...x.shape]), filled),
  concat: ofShape(axisOf, (tf, x, axis) => tf.concat([x, tf.mul(x, 2), x], axis), ranked),
  stack: ofShape(newAxis, (tf, x, axis) => tf.stack([x, tf.neg(x)], axis)),
  'unstack, and again backwards': ofShape(
    axisOf,
    (tf, x, axis) => tf.stack(tf.unstack(x, axis).toReversed(), axis),
    long,
  ),
  'split in three, one of them empty': ofShape(
    axisOf,
    (tf, x, axis) => tf.concat(tf.split(x, [1, x.shape[axis]! - 1, 0], axis).toReversed(), axis),
    filled,
  ),
  'flipLeftRight of images': ofShape(
    nothing,
    (tf, x) => tf.image.flipLeftRight(x as tf.Tensor4D),
    shapeOf({ min: 4, max: 4 }, fc.constantFrom(1, 2)),
    false, // tfjs has none
  ),
  'fill, zeros, ones': ofShape(nothing, (tf, x) =>
    tf.add(tf.mul(x, tf.fill(x.shape, 0.5)), tf.add(tf.ones(x.shape), tf.zeros(x.shape))),
  ),
  'range and linspace': ofShape(
    () => fc.tuple(fc.integer({ min: -3, max: 3 }), fc.constantFrom(1, 2, -1, -3)),
    (tf, x, [start, by]) =>
      tf.add(tf.mul(tf.sum(x), tf.linspace(start, start + 3, 5)), tf.range(start, start + 4.5 * by, by)),
  ),
  diag: ofShape(nothing, (tf, x) => tf.diag(x), shapeOf({ min: 1, max: 2 }, nonEmpty), false), // tfjs has none
  'concat, pad, reverse and where of integers and booleans': define({
    fn: ({ tf }, [x]) => {
      const doubled = tf.concat([x!, tf.reverse(x!)]);
      const padded = tf.pad(doubled as tf.Tensor1D, [[1, 2]], 7);
      return tf.where(tf.pad(tf.cast(doubled, 'bool') as tf.Tensor1D, [[1, 2]]), padded, tf.neg(padded));
    },
    inputs: shapeOf({ min: 1, max: 1 }).chain((shape) => withExtra(undefined, integers(shape, -2, 2))),
  }),
};
