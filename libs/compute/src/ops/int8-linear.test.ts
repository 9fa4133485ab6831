import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import '@tensorflow/tfjs-core/dist/register_all_gradients.js';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compile } from '../compile.ts';
import { hasExactInt8 } from '../int8-support.ts';
import { createOptimizerMemory } from '../optimizer-memory.ts';
import { createSession, type FeedTensor } from '../session.ts';
import { int8Linear } from './int8-linear.ts';

interface Case {
  tokens: number;
  inputs: number;
  outputs: number;
  x: Float32Array;
  weight: Float32Array;
  bias: Float32Array;
  dy: Float32Array;
}

const wave = (size: number, seed: number, scale: (i: number) => number = () => 1): Float32Array =>
  Float32Array.from({ length: size }, (_, i) => scale(i) * Math.sin(seed + 1.7 * i + 0.3 * i * i));

/** y, dx, dW, db of a layer with 8-bit products. */
const run = async ({ tokens, inputs, outputs, x, weight, bias, dy }: Case): Promise<Record<string, Float32Array>> => {
  const memory = createOptimizerMemory({ w: weight.length }, { int8: { w: [inputs, outputs] } });
  memory.tensors.w!.value.set(weight);
  memory.quantize();
  const { byColumn, columnScales, byRow, rowScales } = memory.tensors.w!.int8!;
  const feeds: Record<string, FeedTensor> = {
    x: { shape: [tokens, inputs], data: x },
    weight: { shape: [inputs, outputs], data: weight },
    bias: { shape: [outputs], data: bias },
    dy: { shape: [tokens, outputs], data: dy },
    byColumn: { shape: [inputs, outputs], data: byColumn },
    columnScales: { shape: [outputs], data: columnScales },
    byRow: { shape: [inputs, outputs], data: byRow },
    rowScales: { shape: [inputs], data: rowScales },
  };
  const program = compile(
    (at) => {
      const int8 = {
        byColumn: at.byColumn!,
        columnScales: at.columnScales!,
        byRow: at.byRow!,
        rowScales: at.rowScales!,
      };
      const layer = (a: tf.Tensor, w: tf.Tensor, b: tf.Tensor): tf.Tensor => int8Linear(a, w, b, int8);
      const [dx, dw, db] = tf.grads(layer)([at.x!, at.weight!, at.bias!], at.dy) as [tf.Tensor, tf.Tensor, tf.Tensor];
      return { y: layer(at.x!, at.weight!, at.bias!), dx, dw, db };
    },
    Object.fromEntries(
      Object.entries(feeds).map(([name, { shape, data }]) => [
        name,
        { shape, dtype: data instanceof Int8Array ? ('int8' as const) : ('float32' as const) },
      ]),
    ),
  );
  const session = await createSession(program, { threads: 1 });
  const results = await session.run(feeds);
  await session.dispose();
  return Object.fromEntries(Object.entries(results).map(([name, { data }]) => [name, Float32Array.from(data)]));
};

/** The same in double precision. */
const exact = ({ tokens: T, inputs: K, outputs: N, x, weight, bias, dy }: Case): Record<string, Float64Array> => {
  const [y, dx, dw, db] = [T * N, T * K, K * N, N].map((size) => new Float64Array(size)) as [
    Float64Array,
    Float64Array,
    Float64Array,
    Float64Array,
  ];
  for (let t = 0; t < T; t++)
    for (let n = 0; n < N; n++) {
      y[t * N + n] = bias[n]!;
      db[n]! += dy[t * N + n]!;
      for (let k = 0; k < K; k++) {
        y[t * N + n]! += x[t * K + k]! * weight[k * N + n]!;
        dx[t * K + k]! += dy[t * N + n]! * weight[k * N + n]!;
        dw[k * N + n]! += x[t * K + k]! * dy[t * N + n]!;
      }
    }
  return { y, dx, dw, db };
};

const norm = (values: ArrayLike<number>): number =>
  Math.sqrt(Array.from(values).reduce((sum, value) => sum + value * value, 0));
const error = (actual: Float32Array, expected: Float64Array): number =>
  norm(Array.from(actual, (value, i) => value - expected[i]!)) / (norm(expected) || 1);

const exactHere = await hasExactInt8();

describe.skipIf(!exactHere)('int8Linear (on a processor with 8-bit dot products)', () => {
  const makeCase = (tokens: number, inputs: number, blocks: number, seed: number): Case => {
    const outputs = 16 * blocks;
    return {
      tokens,
      inputs,
      outputs,
      x: wave(tokens * inputs, seed),
      weight: wave(inputs * outputs, seed + 1),
      bias: wave(outputs, seed + 2),
      dy: wave(tokens * outputs, seed + 3),
    };
  };

  it('is within the rounding of 8 bits of the product, and so are its gradients, at any shape', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 50 }),
        fc.integer({ min: 8, max: 70 }),
        fc.integer({ min: 1, max: 4 }),
        fc.integer({ min: 0, max: 1000 }),
        async (tokens, inputs, blocks, seed) => {
          const problem = makeCase(tokens, inputs, blocks, seed);
          const [actual, expected] = [await run(problem), exact(problem)];
          // Half a step of 1/127 on either side, uniform: about 0.4 % each; twice that is room for unlucky shapes.
          for (const name of ['y', 'dx', 'dw'] as const)
            expect(error(actual[name]!, expected[name]!)).toBeLessThan(0.02);
          expect(error(actual.db!, expected.db!)).toBeLessThan(1e-5);
        },
      ),
      { numRuns: 25 },
    );
  });

  it('keeps the input gradient of rows that are a millionth of their neighbours', async () => {
    const problem = makeCase(6, 32, 2, 5);
    problem.dy = wave(problem.dy.length, 3, (i) => (i < 3 * problem.outputs ? 1e-6 : 1));
    const [{ dx }, expected] = [await run(problem), exact(problem).dx!];
    const half = 3 * problem.inputs;
    expect(error(dx!.subarray(0, half), expected.subarray(0, half))).toBeLessThan(0.02);
  });

  it('stays finite on zeros: activations, gradients, a column and a row of weights', async () => {
    const problem = makeCase(4, 16, 2, 1);
    problem.x.fill(0);
    problem.dy.fill(0);
    problem.weight.fill(0, 0, 32);
    for (let row = 0; row < 16; row++) problem.weight[row * 32 + 7] = 0;
    const results = await run(problem);
    expect([...results.y!]).toEqual(Array.from({ length: 4 }, () => [...problem.bias]).flat());
    for (const name of ['dx', 'dw', 'db']) expect([...results[name]!].every((value) => value === 0)).toBe(true);
  });
});

describe('int8Linear elsewhere', () => {
  it('is the plain product on backends that hold values', async () => {
    await tf.setBackend('cpu');
    const none = tf.scalar(0);
    const y = int8Linear(tf.tensor2d([[1, 2]]), tf.tensor2d([[3], [4]]), tf.tensor1d([5]), {
      byColumn: none,
      columnScales: none,
      byRow: none,
      rowScales: none,
    });
    expect([...y.dataSync()]).toEqual([16]);
  });
});
