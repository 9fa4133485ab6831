import fc from 'fast-check';
import { define, floats, nonEmpty, only, shapeOf, withExtra, type Cases } from './case.ts';

interface Layout {
  transposeA: boolean;
  transposeB: boolean;
  batchSecondA: boolean;
  batchSecondB: boolean;
}

const layouts: fc.Arbitrary<Layout> = fc.record({
  transposeA: fc.boolean(),
  transposeB: fc.boolean(),
  batchSecondA: fc.boolean(),
  batchSecondB: fc.boolean(),
});

const stored = (batch: number, rows: number, columns: number, transposed: boolean, batchSecond: boolean): number[] => {
  const [first, second] = transposed ? [columns, rows] : [rows, columns];
  return batchSecond ? [first, batch, second] : [batch, first, second];
};

interface AttentionSizes {
  rows: number;
  heads: number;
  length: number;
  size: number;
}

const attentionSizes: fc.Arbitrary<AttentionSizes> = fc.record({
  rows: fc.integer({ min: 1, max: 2 }),
  heads: fc.integer({ min: 1, max: 2 }),
  length: fc.integer({ min: 1, max: 3 }),
  size: fc.integer({ min: 1, max: 3 }),
});

const qkvAndBias = ({ rows, heads, length, size }: AttentionSizes) => {
  const tensor = floats([length, rows * heads, size], (x) => x / 2);
  return [tensor, tensor, tensor, floats([rows, 1, length, length])] as const;
};

export const own: Cases = {
  gelu: define({
    fn: ({ gelu }, [x]) => gelu(x!),
    inputs: shapeOf({ min: 0, max: 3 }).chain((shape) => only(floats(shape))),
  }),
  layerNorm: define({
    fn: ({ layerNorm }, [x, gamma, beta]) => layerNorm(x!, gamma!, beta!, 1e-2),
    inputs: fc
      .tuple(shapeOf({ min: 1, max: 2 }), nonEmpty)
      .chain(([rows, width]) => only(floats([...rows, width]), floats([width]), floats([width], undefined, 0.02))),
  }),
  batchedMatMul: define({
    fn: ({ batchedMatMul }, [a, b], layout: Layout) => batchedMatMul(a!, b!, { ...layout, alpha: 0.3 }),
    inputs: fc
      .tuple(nonEmpty, nonEmpty, nonEmpty, nonEmpty, layouts)
      .chain(([batch, m, k, n, layout]) =>
        withExtra(
          layout,
          floats(stored(batch, m, k, layout.transposeA, layout.batchSecondA)),
          floats(stored(batch, k, n, layout.transposeB, layout.batchSecondB)),
        ),
      ),
  }),
  attention: define({
    fn: ({ attention }, [q, k, v, bias], { heads }: AttentionSizes) => attention(q!, k!, v!, bias!, { heads }),
    inputs: attentionSizes.chain((sizes) => withExtra(sizes, ...qkvAndBias(sizes))),
  }),
  'attention with dropout factors': define({
    fn: ({ attention }, [q, k, v, bias, keep], { heads }: AttentionSizes) =>
      attention(q!, k!, v!, bias!, { heads, keep: keep! }),
    inputs: attentionSizes.chain((sizes) =>
      withExtra(sizes, ...qkvAndBias(sizes), floats([sizes.rows, sizes.heads, sizes.length, sizes.length])),
    ),
  }),
  randomKeep: define({
    fn: ({ randomKeep }, [key], shape: number[]) => randomKeep(key!, shape, 0.4),
    inputs: fc
      .tuple(shapeOf({ min: 0, max: 3 }, nonEmpty), fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }))
      .chain(([shape, key]) => withExtra(shape, fc.constant({ shape: [], data: Int32Array.of(key) }))),
  }),
};
