import { compile, createSession, type FeedTensor, type Signature } from '@taxon/compute';
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import '@tensorflow/tfjs-core/dist/register_all_gradients.js';
import fc from 'fast-check';
import { expect } from 'vitest';

// Losses against double precision: a reference in plain numbers, its gradient by central differences.

/** [N][C] numbers that are floats, so that both precisions start from the same. */
export type Matrix = readonly (readonly number[])[];

/** The loss of every row. `frozen` is what the gradient must not pass through. */
export type Reference = (x: Matrix, frozen: Matrix) => number[];

/** The loss of every row, as a function of the first tensor; the others are data. */
export type TensorLoss = (x: tf.Tensor2D, data: Record<string, tf.Tensor2D>) => tf.Tensor1D;

export interface LossResult {
  /** [N] */
  losses: number[];
  /** [N, C] of Σ weight·loss */
  gradient: number[];
}

const float = Math.fround;

export const column = (values: readonly number[]): Matrix => values.map((value) => [value]);

const feedOf = (matrix: Matrix): FeedTensor => ({
  shape: [matrix.length, matrix[0]!.length],
  data: Float32Array.from(matrix.flat()),
});

/** Different weights of the rows in the sum whose gradient is taken. */
const rowWeight = (row: number): number => float(1.5 + Math.cos(1.3 * row + 0.5));

const outputs =
  (loss: TensorLoss) =>
  ({ x, ...data }: Record<string, tf.Tensor>): Record<string, tf.Tensor> => {
    const rest = data as Record<string, tf.Tensor2D>;
    const weights = tf.tensor1d(Float32Array.from({ length: x!.shape[0] }, (_, row) => rowWeight(row)));
    const total = (y: tf.Tensor): tf.Scalar => tf.sum(tf.mul(loss(y as tf.Tensor2D, rest), weights));
    return { losses: loss(x as tf.Tensor2D, rest), gradient: tf.grad(total)(x!) };
  };

export const runTraced = async (
  loss: TensorLoss,
  x: Matrix,
  data: Record<string, Matrix> = {},
): Promise<LossResult> => {
  const feeds = Object.fromEntries(Object.entries({ x, ...data }).map(([name, matrix]) => [name, feedOf(matrix)]));
  const signature: Signature = Object.fromEntries(Object.entries(feeds).map(([name, { shape }]) => [name, { shape }]));
  const session = await createSession(compile(outputs(loss), signature), { threads: 1 });
  try {
    const { losses, gradient } = await session.run(feeds);
    return { losses: [...losses!.data], gradient: [...gradient!.data] };
  } finally {
    await session.dispose();
  }
};

export const runEagerly = async (
  loss: TensorLoss,
  x: Matrix,
  data: Record<string, Matrix> = {},
): Promise<LossResult> => {
  await tf.setBackend('cpu');
  return tf.tidy(() => {
    const inputs = Object.fromEntries(
      Object.entries({ x, ...data }).map(([name, matrix]) => [name, tf.tensor2d(matrix as number[][])]),
    );
    const { losses, gradient } = outputs(loss)(inputs);
    return { losses: [...losses!.dataSync()], gradient: [...gradient!.dataSync()] };
  });
};

/** Step of the central differences: their error is about its square, and the rounding of doubles over it. */
const step = 1e-5;

const differences = (reference: Reference, x: Matrix): number[] => {
  const total = (moved: Matrix): number =>
    reference(moved, x).reduce((sum, loss, row) => sum + loss * rowWeight(row), 0);
  return x.flatMap((cells, row) =>
    cells.map((value, at) => {
      const move = (by: number): number => total(x.with(row, cells.with(at, value + by)));
      return (move(step) - move(-step)) / (2 * step);
    }),
  );
};

const expectNear = (what: string, actual: readonly number[], expected: readonly number[], tolerance: number): void => {
  const most = tolerance * expected.reduce((scale, value) => Math.max(scale, Math.abs(value)), 1);
  expect(actual.length, what).toBe(expected.length);
  expected.forEach((value, i) =>
    expect(Math.abs(actual[i]! - value), `${what} ${i}: ${actual[i]!} for ${value}`).toBeLessThan(most),
  );
};

/** Traced and eager, losses within 1e-5 and gradients within 1e-4 of double precision, relative to the largest, at least 1. */
export const agree = async (
  loss: TensorLoss,
  reference: Reference,
  x: Matrix,
  data: Record<string, Matrix> = {},
): Promise<void> => {
  const [expected, slopes] = [reference(x, x), differences(reference, x)];
  for (const [how, run] of Object.entries({ traced: runTraced, eager: runEagerly })) {
    const { losses, gradient } = await run(loss, x, data);
    expectNear(`${how} loss`, losses, expected, 1e-5);
    expectNear(`${how} gradient`, gradient, slopes, 1e-4);
  }
};

/** Neither NaN nor infinite, traced and eager. */
export const expectFinite = async (loss: TensorLoss, x: Matrix, data: Record<string, Matrix> = {}): Promise<void> => {
  for (const [how, run] of Object.entries({ traced: runTraced, eager: runEagerly })) {
    const { losses, gradient } = await run(loss, x, data);
    expect(
      [...losses, ...gradient].filter((value) => !Number.isFinite(value)),
      how,
    ).toEqual([]);
  }
};

/** Texts whose logits lie between −range and range. */
export interface Drawn {
  logits: Matrix;
  targets: Matrix;
  counted: number[];
}

/** Thousandths: not the smallest doubles, whose distance to a jump of the derivative is less than the step of a difference. */
const rowOf = (size: number, range: number): fc.Arbitrary<number[]> =>
  fc.array(
    fc.integer({ min: -1000 * range, max: 1000 * range }).map((value) => float(value / 1000)),
    { minLength: size, maxLength: size },
  );

export const matrixOf = (rows: number, columns: number, range: number): fc.Arbitrary<Matrix> =>
  fc.array(rowOf(columns, range), { minLength: rows, maxLength: rows });

const oneHot = (size: number): fc.Arbitrary<number[]> =>
  fc.nat(size - 1).map((hot) => Array.from({ length: size }, (_, i) => (i === hot ? 1 : 0)));

/** Shares that sum to 1. */
const shares = (size: number): fc.Arbitrary<number[]> =>
  fc.array(fc.integer({ min: 1, max: 9 }), { minLength: size, maxLength: size }).map((parts) => {
    const sum = parts.reduce((total, value) => total + value, 0);
    return parts.map((value) => float(value / sum));
  });

const each = (size: number, value: fc.Arbitrary<number>): fc.Arbitrary<number[]> =>
  fc.array(value, { minLength: size, maxLength: size });

/** Targets of one text, hard and soft, all 0 among them. */
const targetsOf = (kind: 'softmax' | 'sigmoid', size: number): fc.Arbitrary<number[]> =>
  kind === 'softmax'
    ? fc.oneof(oneHot(size), shares(size))
    : fc.oneof(each(size, fc.constantFrom(0, 1)), each(size, fc.constantFrom(0, 0.25, 0.9, 1)));

export const drawTexts = (kind: 'softmax' | 'sigmoid', range = 6): fc.Arbitrary<Drawn> =>
  fc.tuple(fc.integer({ min: 1, max: 6 }), fc.integer({ min: 1, max: 7 })).chain(([rows, columns]) =>
    fc.record({
      logits: matrixOf(rows, columns, range),
      targets: fc.array(targetsOf(kind, columns), { minLength: rows, maxLength: rows }),
      counted: each(rows, fc.constantFrom(0, 1, 1, 1)),
    }),
  );
