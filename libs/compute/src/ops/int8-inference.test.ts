import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import { describe, expect, it } from 'vitest';
import { compile } from '../compile.ts';
import { hasExactInt8 } from '../int8-support.ts';
import { createSession, type FeedTensor } from '../session.ts';
import { biasGelu } from './bias-gelu.ts';
import { int8Product, int8Rows, type FixedRange } from './int8-inference.ts';
import { multiHeadAttention } from './multi-head-attention.ts';
import { residualNorm } from './residual-norm.ts';

const wave = (size: number, seed: number, scale = 1): Float32Array =>
  Float32Array.from({ length: size }, (_, i) => scale * Math.sin(seed + 1.7 * i + 0.3 * i * i));

const floats = (shape: number[], seed: number, scale?: number): FeedTensor => ({
  shape,
  data: wave(
    shape.reduce((a, b) => a * b, 1),
    seed,
    scale,
  ),
});

const bytes = (shape: number[], seed: number): FeedTensor => ({
  shape,
  data: Int8Array.from(wave(shape.reduce((a, b) => a * b, 1), seed, 127), Math.round), // prettier-ignore
});

const dtypeOf = ({ data }: FeedTensor) =>
  data instanceof Int8Array
    ? ('int8' as const)
    : data instanceof Int32Array
      ? ('int32' as const)
      : ('float32' as const);

type Inputs = Record<string, tf.Tensor>;

/** What the traced kernel makes of the inputs, and what its reference does. */
const both = async (
  fn: (inputs: Inputs) => tf.Tensor,
  feeds: Record<string, FeedTensor>,
): Promise<[number[], number[]]> => {
  const signature = Object.fromEntries(
    Object.entries(feeds).map(([name, feed]) => [name, { shape: feed.shape, dtype: dtypeOf(feed) }]),
  );
  const session = await createSession(
    compile((inputs) => ({ y: fn(inputs) }), signature),
    { threads: 1 },
  );
  const { y } = await session.run(feeds);
  await session.dispose();
  await tf.setBackend('cpu');
  const tensors = Object.entries(feeds).map(([name, feed]): [string, tf.Tensor] => [
    name,
    tf.tensor(Array.from(feed.data), [...feed.shape], dtypeOf(feed) === 'float32' ? 'float32' : 'int32'),
  ]);
  return [Array.from(y!.data), Array.from(fn(Object.fromEntries(tensors)).dataSync())];
};

const furthest = (a: number[], b: number[]): number => Math.max(...a.map((x, i) => Math.abs(x - b[i]!)));

describe('fused nodes of forward passes agree with their references', () => {
  it('attention over rows of one text each, with padding', async () => {
    const [rows, length, hidden] = [3, 5, 8];
    const shape = [rows, length, hidden];
    const mask = Int32Array.from([1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 1, 1, 1, 1, 0]);
    const [traced, reference] = await both(
      ({ q, k, v, bias, mask: given }) => multiHeadAttention([q!, k!, v!], bias!, given!, { heads: 2 }),
      {
        q: floats(shape, 1),
        k: floats(shape, 2),
        v: floats(shape, 3),
        bias: floats([3 * hidden], 4),
        mask: { shape: [rows, length], data: mask },
      },
    );
    expect(furthest(traced, reference)).toBeLessThan(1e-5);
  });

  it('additions and normalisation, bias and Gelu', async () => {
    const norm = { gamma: floats([8], 3), beta: floats([8], 4), bias: floats([8], 5) };
    const feeds = { x: floats([2, 3, 8], 1), residual: floats([2, 3, 8], 2), ...norm };
    const [traced, reference] = await both(
      ({ x, residual, gamma, beta, bias }) =>
        residualNorm(x!, residual!, { gamma: gamma!, beta: beta!, bias: bias! }, 1e-6),
      feeds,
    );
    expect(furthest(traced, reference)).toBeLessThan(1e-4);
    const gelu = await both(({ x, bias }) => biasGelu(x!, bias!), { x: floats([2, 3, 8], 1), bias: floats([8], 2) });
    expect(furthest(...gelu)).toBeLessThan(1e-5);
  });

  it('rows of a table of bytes', async () => {
    const [traced, reference] = await both(({ table, scales, indices }) => int8Rows(table!, scales!, indices!), {
      table: bytes([6, 4], 1),
      scales: { shape: [6, 1], data: Float32Array.of(0.1, 0.2, 0.3, 0.4, 0.5, 0.6) },
      indices: { shape: [2, 2], data: Int32Array.of(5, 0, 3, 3) },
    });
    expect(furthest(traced, reference)).toBeLessThan(1e-6);
  });
});

const exact = await hasExactInt8();

describe.skipIf(!exact)('8-bit products (need a processor with exact ones)', () => {
  const weight = bytes([16, 12], 7);
  const scales = { shape: [12], data: wave(12, 3).map((x) => 0.01 * (1.5 + x)) };

  const run = (x: FeedTensor, range?: FixedRange) =>
    both(({ x: given, weight: w, scales: s }) => int8Product(given!, w!, s!, range), { x, weight, scales });

  it('with a scale for each row agree with the reference', async () => {
    const [traced, reference] = await run(floats([2, 5, 16], 1));
    // One byte more or less where a number falls between two: tfjs and ONNX Runtime divide in another order.
    expect(furthest(traced, reference)).toBeLessThan(0.03);
    expect(Math.max(...reference.map(Math.abs))).toBeGreaterThan(1);
  });

  it('over a fixed range agree with the reference, and cut what is beyond it', async () => {
    const range = { scale: 1 / 128, zero: 100 };
    const [traced, reference] = await run(floats([2, 5, 16], 1), range);
    expect(furthest(traced, reference)).toBeLessThan(0.03);
    const [beyond] = await run({ shape: [1, 16], data: new Float32Array(16).fill(50) }, range);
    const [largest] = await run({ shape: [1, 16], data: new Float32Array(16).fill(155 / 128) }, range);
    expect(beyond).toEqual(largest);
  });

  it('do not depend on the other rows, however large or small these are', async () => {
    const row = wave(16, 9);
    const [[...alone]] = await run({ shape: [1, 16], data: row });
    const company = new Float32Array(4 * 16);
    company.set(wave(16, 1, 1e4), 0);
    company.set(row, 16);
    company.set(wave(16, 2, 1e-6), 32); // the last row stays 0
    const [together] = await run({ shape: [4, 16], data: company });
    expect(together.slice(12, 24)).toEqual(alone);
    expect(together.slice(36).map(Math.abs)).toEqual(new Array(12).fill(0));
  });
});
