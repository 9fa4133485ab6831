import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-core/dist/register_all_gradients.js';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { attention, batchedMatMul, compile, gelu, layerNorm, randomKeep } from './index.ts';
import { largestError, numbers, runReference, runTraced, type Feeds } from './testing.ts';

type Fn = (inputs: Record<string, tf.Tensor>) => Record<string, tf.Tensor>;

const feed = (shapes: Record<string, number[]>): Feeds =>
  Object.fromEntries(
    Object.entries(shapes).map(([name, shape], i) => [
      name,
      { shape, data: numbers(tf.util.sizeFromShape(shape), 1.5, i + 1) },
    ]),
  );

/** The value of `fn` and the gradient of its weighted sum by every input. */
const withGradients =
  (fn: (...inputs: tf.Tensor[]) => tf.Tensor, names: string[]): Fn =>
  (inputs) => {
    const scalar = (...xs: tf.Tensor[]): tf.Scalar => {
      const y = fn(...xs);
      return tf.sum(tf.mul(y, tf.cos(tf.mul(y, 0.7))));
    };
    const xs = names.map((name) => inputs[name]!);
    const { value, grads } = tf.valueAndGrads(scalar)(xs);
    return { value, output: fn(...xs), ...Object.fromEntries(names.map((name, i) => [`d ${name}`, grads[i]!])) };
  };

const agree = async (fn: Fn, feeds: Feeds, tolerance = 1e-5): Promise<void> => {
  const expected = await runReference(fn, feeds);
  const actual = await runTraced(fn, feeds);
  for (const name of Object.keys(expected))
    expect(largestError(actual[name]!, expected[name]!), name).toBeLessThan(tolerance);
};

const agreeWithGradients = (
  fn: (...inputs: tf.Tensor[]) => tf.Tensor,
  shapes: Record<string, number[]>,
): Promise<void> => agree(withGradients(fn, Object.keys(shapes)), feed(shapes), 1e-4);

const small = fc.integer({ min: 1, max: 6 });

describe('our own kernels equal their reference, forward and gradient', () => {
  it('layerNorm', () =>
    fc.assert(
      fc.asyncProperty(small, fc.integer({ min: 2, max: 9 }), (rows, size) =>
        agreeWithGradients((x, g, b) => layerNorm(x, g, b, 1e-5), { x: [rows, size], g: [size], b: [size] }),
      ),
      { numRuns: 15 },
    ));

  it('gelu', () => agreeWithGradients((x) => gelu(x), { x: [7, 5] }));

  it('gelu at zero and at the tails', () =>
    agree(
      withGradients((x) => gelu(x), ['x']),
      {
        x: { shape: [8], data: Float32Array.of(0, -0, 1e-20, -1e-20, 40, -40, 6, -6) },
      },
    ));

  it('batchedMatMul, every combination of layouts', async () => {
    const [batch, m, k, n] = [3, 4, 5, 2];
    for (let bits = 0; bits < 16; bits++) {
      const [transposeA, transposeB, batchSecondA, batchSecondB] = [1, 2, 4, 8].map((bit) => (bits & bit) !== 0);
      const stored = (rows: number, columns: number, transposed: boolean, batchSecond: boolean): number[] => {
        const [r, c] = transposed ? [columns, rows] : [rows, columns];
        return batchSecond ? [r, batch, c] : [batch, r, c];
      };
      await agreeWithGradients(
        (a, b) => batchedMatMul(a, b, { transposeA, transposeB, batchSecondA, batchSecondB, alpha: 0.3 }),
        { a: stored(m, k, transposeA!, batchSecondA!), b: stored(k, n, transposeB!, batchSecondB!) },
      );
    }
  });

  it('attention, with a bias and with dropout factors', async () => {
    const [rows, heads, length, size] = [2, 3, 5, 4];
    const qkv = [length, rows * heads, size];
    const shapes = { q: qkv, k: qkv, v: qkv, bias: [rows, 1, length, length] };
    await agreeWithGradients((q, k, v, bias) => attention(q, k, v, bias, { heads }), shapes);
    await agreeWithGradients((q, k, v, bias, keep) => attention(q, k, v, bias, { heads, keep }), {
      ...shapes,
      keep: [rows, heads, length, length],
    });
  });

  it('randomKeep draws the same numbers in the graph and on the host, at the asked rate', async () => {
    const fn: Fn = ({ key }) => ({ keep: randomKeep(key!, [100, 50], 0.3) });
    const feeds = { key: { shape: [], data: Int32Array.of(123_456_789) } };
    const [actual, expected] = [await runTraced(fn, feeds), await runReference(fn, feeds)];
    expect(largestError(actual.keep!, expected.keep!)).toBe(0);
    const dropped = actual.keep!.data.filter((x) => x === 0).length;
    expect(dropped / 5000).toBeGreaterThan(0.27);
    expect(dropped / 5000).toBeLessThan(0.33);
  });
});

describe('tfjs operations', () => {
  const cases: Record<string, [Fn, Record<string, number[]>]> = {
    'arithmetic with broadcasts': [
      withGradients((a, b) => tf.div(tf.sub(tf.mul(a, b), a), tf.add(tf.square(b), 1)), ['a', 'b']),
      { a: [3, 4], b: [4] },
    ],
    'elementwise functions': [
      withGradients((x) => tf.add(tf.tanh(x), tf.add(tf.sigmoid(x), tf.log(tf.add(tf.exp(x), 1)))), ['x']),
      { x: [3, 3] },
    ],
    'softmax and log-softmax': [withGradients((x) => tf.sub(tf.softmax(x), tf.logSoftmax(x)), ['x']), { x: [4, 6] }],
    'matrix products': [withGradients((a, b) => tf.matMul(a, b, false, true), ['a', 'b']), { a: [3, 4], b: [5, 4] }],
    'a product plus a bias and a residual': [
      withGradients(
        (a, b, c, d) => tf.add(tf.add(tf.matMul(a as tf.Tensor2D, b as tf.Tensor2D), c), d),
        ['a', 'b', 'c', 'd'],
      ),
      { a: [3, 4], b: [4, 5], c: [5], d: [3, 5] },
    ],
    reductions: [withGradients((x) => tf.add(tf.mean(x, 1), tf.sum(tf.mul(x, x), [1])), ['x']), { x: [3, 4] }],
    shapes: [
      withGradients(
        (x) => tf.concat([tf.transpose(tf.reshape(x, [4, 3])), tf.slice(tf.reshape(x, [3, 4]), [0, 1], [3, 2])], 1),
        ['x'],
      ),
      { x: [2, 6] },
    ],
  };
  for (const [name, [fn, shapes]] of Object.entries(cases)) it(name, () => agree(fn, feed(shapes), 1e-4));

  it('gathers rows and adds their gradients up', () =>
    agree(
      ({ x, ids }) => {
        const loss = (table: tf.Tensor): tf.Scalar => tf.sum(tf.square(tf.gather(table, ids as tf.Tensor1D)));
        return { d: tf.grad(loss)(x!) };
      },
      { ...feed({ x: [5, 3] }), ids: { shape: [4], data: Int32Array.of(1, 4, 1, 0) } },
    ));
});

describe('compile', () => {
  it('leaves sizes open that the inputs decide when the program runs', async () => {
    const fn: Fn = ({ x, w }) => {
      const [rows, length, size] = x!.shape as [number, number, number];
      const flat = tf.matMul(tf.reshape(x!, [rows * length, size]), w as tf.Tensor2D);
      return { y: tf.transpose(tf.reshape(flat, [rows, length, 2, 2]), [0, 2, 1, 3]) };
    };
    const signature = { x: { shape: ['rows', 'length', 3] }, w: { shape: [3, 4] } };
    for (const [rows, length] of [
      [1, 7],
      [5, 2],
    ] as const) {
      const feeds = feed({ x: [rows, length, 3], w: [3, 4] });
      const [actual, expected] = [await runTraced(fn, feeds, signature), await runReference(fn, feeds)];
      expect(largestError(actual.y!, expected.y!)).toBeLessThan(1e-6);
    }
  });

  it('refuses to take a size left open for a number, as the gradient of a mean over it does', () => {
    const signature = { x: { shape: ['rows', 3] } };
    const gradient: Fn = ({ x }) => ({ d: tf.grad((v: tf.Tensor) => tf.sum(tf.mean(tf.square(v), 0)))(x!) });
    expect(() => compile(gradient, signature)).toThrow(/the size '.*rows.*', which is left open, was used as a number/);
    expect(() => compile(({ x }) => ({ y: tf.div(x!, x!.shape[0]) }), signature)).toThrow(/the size 'rows'/);
  });

  it('computes equal expressions once and nothing that is not asked for', () => {
    const program = compile(
      ({ x }) => {
        tf.exp(x!);
        return { y: tf.add(tf.tanh(x!), tf.tanh(x!)) };
      },
      { x: { shape: [2] } },
    );
    expect(program.graph.nodes.map(({ op }) => op)).toEqual(['Tanh', 'Add']);
  });

  it('returns an input, and one value under two names', async () => {
    const outputs = await runTraced(({ x }) => ({ a: x!, b: tf.neg(x!), c: tf.neg(x!) }), feed({ x: [3] }));
    expect(outputs.b!.data).toEqual(outputs.c!.data);
    expect(outputs.a!.data[0]).toBeCloseTo(-outputs.b!.data[0]!);
  });

  it('counts along axes of open size', async () => {
    const fn: Fn = ({ x }) => {
      const [rows, length] = x!.shape as [number, number];
      const places = tf.oneHot(tf.range(0, length, 1, 'int32'), length, 1, 0, 'float32');
      return { y: tf.add(tf.matMul(tf.cumprod(x!, 1), places), tf.reshape(tf.range(0, rows), [rows, 1])) };
    };
    const feeds = feed({ x: [3, 4] });
    const actual = await runTraced(fn, feeds, { x: { shape: ['rows', 'length'] } });
    expect(largestError(actual.y!, (await runReference(fn, feeds)).y!)).toBeLessThan(1e-6);
  });

  it('refuses what needs a size that is left open', () => {
    const signature = { x: { shape: ['rows', 4, 4, 1] } };
    const unstack: Fn = ({ x }) => ({ y: tf.unstack(x!)[0]! });
    expect(() => compile(unstack, signature)).toThrow(/unstack needs a size .* at .*compile\.test\.ts/);
    const pool: Fn = ({ x }) => ({ y: tf.avgPool(tf.transpose(x!, [3, 0, 1, 2]) as tf.Tensor4D, 2, 1, 'same') });
    expect(() => compile(pool, signature)).toThrow('a window that moves along an axis needs a size');
  });
});
