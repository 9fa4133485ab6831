import type * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import {
  define,
  floats,
  integers,
  nonEmpty,
  only,
  shapeOf,
  size,
  smallFloats,
  withExtra,
  type Case,
  type Cases,
  type Input,
} from './case.ts';

interface Flags {
  transposeA: boolean;
  transposeB: boolean;
}

const flags = fc.record({ transposeA: fc.boolean(), transposeB: fc.boolean() });

const stored = (rows: number, columns: number, transposed: boolean): number[] =>
  transposed ? [columns, rows] : [rows, columns];

/** The operands of a product, each with leading axes. */
const operands = (
  sizes: fc.Arbitrary<number>,
  batches: fc.Arbitrary<[number[], number[]]>,
  of: (shape: number[]) => fc.Arbitrary<Input> = smallFloats,
) =>
  fc
    .tuple(sizes, sizes, sizes, flags, batches)
    .chain(([m, k, n, extra, [batchA, batchB]]) =>
      withExtra(
        extra,
        of([...batchA, ...stored(m, k, extra.transposeA)]),
        of([...batchB, ...stored(k, n, extra.transposeB)]),
      ),
    );

const none = fc.constant<[number[], number[]]>([[], []]);
const equal = shapeOf({ min: 1, max: 2 }, nonEmpty).map((shape): [number[], number[]] => [shape, shape]);
// No more: tfjs's CPU backend, the reference, is wrong for batches that broadcast within.
const broadcast = fc.constantFrom<[number[], number[]]>(
  [[1], [3]],
  [[3], [1]],
  [[], [2]],
  [
    [2, 3],
    [1, 3],
  ],
);

const matMul = ({ tf: { matMul } }: { tf: typeof tf }, [a, b]: tf.Tensor[], { transposeA, transposeB }: Flags) =>
  matMul(a!, b!, transposeA, transposeB);

const vectors = nonEmpty.chain((count) => only(floats([count]), floats([count], undefined, 0.02)));

const equations = ['ij,jk->ik', 'ij,ij->i', 'bij,bjk->bik', 'ij->ji', 'i,j->ij', 'ij,j->i', 'bik,bjk->bij'];

/** A size for each letter of an equation. */
const einsum = fc
  .tuple(fc.constantFrom(...equations), fc.record({ i: nonEmpty, j: nonEmpty, k: nonEmpty, b: nonEmpty }))
  .chain(([equation, sizes]) =>
    withExtra(
      equation,
      ...equation
        .split('->')[0]!
        .split(',')
        .map((term) => smallFloats(Array.from(term, (letter) => sizes[letter as 'i']))),
    ),
  );

type Activation = 'elu' | 'linear' | 'relu' | 'relu6' | 'sigmoid';

const fused = (activations: Activation[], gradient: boolean): Case<never> =>
  define({
    fn: ({ tf }, [a, b, bias], activation: Activation) => tf.fused.matMul({ a: a!, b: b!, bias: bias!, activation }),
    inputs: fc
      .tuple(nonEmpty, nonEmpty, nonEmpty, fc.constantFrom(...activations))
      .chain(([m, k, n, activation]) =>
        withExtra(activation, smallFloats([m, k]), smallFloats([k, n]), floats([n], undefined, 0.02)),
      ),
    gradient,
  });

export const products: Cases = {
  matMul: define({ fn: matMul, inputs: operands(nonEmpty, none) }),
  'matMul with empty sides': define({ fn: matMul, inputs: operands(size, none), gradient: false }),
  'matMul of batches': define({ fn: matMul, inputs: operands(nonEmpty, equal) }),
  'matMul of batches that broadcast': define({ fn: matMul, inputs: operands(nonEmpty, broadcast), gradient: false }),
  'matMul of integers': define({ fn: matMul, inputs: operands(nonEmpty, equal, (shape) => integers(shape, -9, 9)) }),
  dot: define({ fn: ({ tf }, [a, b]) => tf.dot(a!, b!), inputs: vectors }),
  outerProduct: define({
    fn: ({ tf }, [a, b]) => tf.outerProduct(a as tf.Tensor1D, b as tf.Tensor1D),
    inputs: vectors,
  }),
  einsum: define({
    fn: ({ tf }, tensors, equation: string) => tf.einsum(equation, ...tensors),
    inputs: einsum,
    gradient: false,
  }),
  'fused matMul with a bias and a smooth activation': fused(['elu', 'sigmoid', 'linear'], true),
  // The derivative jumps where a sum happens to be near zero.
  'fused matMul with a bias and a sharp activation': fused(['relu', 'relu6'], false),
  batchNorm: define({
    fn: ({ tf }, [x, mean, variance, offset, scale]) =>
      tf.batchNorm(x!, mean as tf.Tensor1D, variance as tf.Tensor1D, offset as tf.Tensor1D, scale as tf.Tensor1D, 1e-3),
    inputs: fc.tuple(shapeOf({ min: 1, max: 3 }, nonEmpty), nonEmpty).chain(([rest, channels]) => {
      const statistic = floats([channels]);
      return only(
        floats([...rest, channels]),
        statistic,
        floats([channels], (x) => x * x + 0.3),
        statistic,
        statistic,
      );
    }),
  }),
};
