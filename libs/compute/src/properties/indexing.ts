import type * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { axisOf, define, floats, integers, nonEmpty, only, shapeOf, size, withExtra, type Cases } from './case.ts';

const table = shapeOf({ min: 1, max: 3 }, nonEmpty);

/** Positions below the given sizes, one row each. */
const positions = (count: number, sizes: readonly number[]) =>
  fc
    .array(fc.tuple(...sizes.map((length) => fc.nat(length - 1))), { minLength: count, maxLength: count })
    .map((rows) => ({ shape: [count, sizes.length], data: Int32Array.from(rows.flat()) }));

/** Positions of which none comes twice. */
const distinct = (sizes: readonly number[]) =>
  fc
    .uniqueArray(fc.tuple(...sizes.map((length) => fc.nat(length - 1))), { minLength: 1, selector: String })
    .map((rows) => ({ shape: [rows.length, sizes.length], data: Int32Array.from(rows.flat()) }));

export const indexing: Cases = {
  gather: define({
    fn: ({ tf }, [x, indices], axis: number) => tf.gather(x!, indices as tf.Tensor1D, axis),
    inputs: table.chain((shape) =>
      fc
        .tuple(axisOf(shape), shapeOf({ min: 1, max: 2 }))
        .chain(([axis, at]) => withExtra(axis, floats(shape), integers(at, 0, shape[axis]! - 1))),
    ),
  }),
  'gather in batches': define({
    fn: ({ tf }, [x, indices]) => tf.gather(x!, indices as tf.Tensor2D, -1, 1),
    inputs: fc
      .tuple(shapeOf({ min: 2, max: 3 }, nonEmpty), nonEmpty)
      .chain(([shape, count]) => only(floats(shape), integers([shape[0]!, count], 0, shape.at(-1)! - 1))),
  }),
  gatherND: define({
    fn: ({ tf }, [x, indices]) => tf.gatherND(x!, indices!),
    inputs: fc
      .tuple(table, fc.integer({ min: 1, max: 4 }))
      .chain(([shape, count]) =>
        fc
          .integer({ min: 1, max: shape.length })
          .chain((depth) => only(floats(shape), positions(count, shape.slice(0, depth)))),
      ),
    gradient: false, // tfjs has none
  }),
  'scatterND adds what falls on one place': define({
    fn: ({ tf }, [updates, indices], shape: number[]) => tf.scatterND(indices!, updates!, shape),
    inputs: fc
      .tuple(table, fc.integer({ min: 1, max: 4 }))
      .chain(([shape, count]) =>
        withExtra(shape, floats([count, ...shape.slice(1)]), positions(count, shape.slice(0, 1))),
      ),
    gradient: false,
  }),
  tensorScatterUpdate: define({
    fn: ({ tf }, [target, indices, updates]) => tf.tensorScatterUpdate(target!, indices!, updates!),
    inputs: table.chain((shape) =>
      distinct(shape.slice(0, 1)).chain((at) =>
        only(floats(shape), fc.constant(at), floats([at.shape[0]!, ...shape.slice(1)], undefined, 0.02)),
      ),
    ),
    gradient: false,
  }),
  sparseToDense: define({
    fn: ({ tf }, [values, indices], shape: number[]) => tf.sparseToDense(indices!, values!, shape as [number], 0.5),
    inputs: shapeOf({ min: 1, max: 2 }, nonEmpty).chain((shape) =>
      distinct(shape).chain((at) => withExtra(shape, floats([at.shape[0]!]), fc.constant(at))),
    ),
    gradient: false,
  }),
  'unsortedSegmentSum, of ids that name no segment too': define({
    fn: ({ tf }, [x, ids]) => tf.unsortedSegmentSum(x!, ids as tf.Tensor1D, 3),
    inputs: fc
      .tuple(size, shapeOf({ min: 0, max: 2 }))
      .chain(([rows, rest]) => only(floats([rows, ...rest]), integers([rows], -2, 4))),
    gradient: false,
  }),
  'gradient of unsortedSegmentSum': define({
    fn: ({ tf }, [x, ids]) => tf.unsortedSegmentSum(x!, ids as tf.Tensor1D, 3),
    inputs: fc
      .tuple(nonEmpty, shapeOf({ min: 0, max: 2 }, nonEmpty))
      .chain(([rows, rest]) => only(floats([rows, ...rest]), integers([rows], 0, 2))),
  }),
  'oneHot, of indices outside of it too': define({
    fn: ({ tf }, [indices], [on, off]: [number, number]) => tf.oneHot(indices as tf.Tensor1D, 4, on, off, 'float32'),
    inputs: fc
      .tuple(shapeOf({ min: 1, max: 2 }), fc.constantFrom<[number, number]>([1, 0], [3, -2]))
      .chain(([shape, extra]) => withExtra(extra, integers(shape, -3, 6))),
  }),
};
