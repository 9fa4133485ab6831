import * as tf from '@tensorflow/tfjs-core';
// tfjs's gradients of prod and gather call methods that it registers apart.
import '@tensorflow/tfjs-core/dist/public/chained_ops/register_all_chained_ops.js';
import '@tensorflow/tfjs-core/dist/register_all_gradients.js';
import { compile, type Signature, type Tensors } from '../compile.ts';
import { createSession, type FeedTensor } from '../session.ts';
import { sizeOf, type Case, type Input } from './case.ts';
import { traced, type Library } from './library.ts';

export interface Result {
  data: ArrayLike<number>;
  shape: readonly number[];
}

/** A case with the inputs that were drawn for it. */
interface Trial {
  fn: (library: Library, tensors: tf.Tensor[]) => tf.Tensor;
  inputs: readonly Input[];
  /** Which inputs a gradient is taken by. */
  variables: number[];
}

/** Step of the central differences: their error is about its square, and the rounding of doubles over it. */
const step = 1e-5;

const isFloat = ({ data }: Input): boolean => !(data instanceof Int32Array);

const run = (library: Library, { fn }: Trial, inputs: readonly Input[]): Result =>
  library.tf.tidy(() => {
    const tensors = inputs.map((input) =>
      library.tf.tensor([...input.data], input.shape, isFloat(input) ? 'float32' : 'int32'),
    );
    const y = fn(library, tensors);
    return { data: y.dataSync(), shape: y.shape };
  });

/** Weights of the result's elements in the scalar whose gradient is compared. */
const weights = (count: number): Float32Array =>
  Float32Array.from({ length: count }, (_, i) => Math.cos(1.3 * i + 0.5));

/** Gradient of the weighted sum by one input. */
const differences = (library: Library, trial: Trial, index: number): Result => {
  const { shape, data } = trial.inputs[index]!;
  const moved = Float64Array.from(data);
  const inputs = trial.inputs.with(index, { shape, data: moved });
  const value = (): number => {
    const y = run(library, trial, inputs);
    const w = weights(y.data.length);
    return Array.from(y.data).reduce((sum, element, i) => sum + element * w[i]!, 0);
  };
  const slopes = Array.from(data, (x, i) => {
    moved[i] = x + step;
    const above = value();
    moved[i] = x - step;
    const below = value();
    moved[i] = x;
    return (above - below) / (2 * step);
  });
  return { data: slopes, shape };
};

const input = (i: number): string => `input ${i}`;
const slope = (i: number): string => `slope ${i}`;

/** The result and the gradients, as one program run by ONNX Runtime. */
const runTraced = async (trial: Trial, count: number): Promise<Record<string, FeedTensor>> => {
  const { fn, inputs, variables } = trial;
  const all = (named: Tensors): tf.Tensor[] => inputs.map((_, i) => named[input(i)]!);
  const outputs = (named: Tensors): Tensors => {
    const tensors = all(named);
    const y = fn(traced, tensors);
    if (variables.length === 0) return { y };
    const weighted = (...moving: tf.Tensor[]): tf.Scalar => {
      const values = tensors.map((tensor, i) => moving[variables.indexOf(i)] ?? tensor);
      return tf.sum(tf.mul(tf.reshape(fn(traced, values), [count]), named.weights!));
    };
    const grads = tf.grads(weighted)(variables.map((i) => tensors[i]!));
    return { y, ...Object.fromEntries(variables.map((i, at) => [slope(i), grads[at]!])) };
  };
  const signature: Signature = Object.fromEntries(
    inputs.map((drawn, i) => [input(i), { shape: drawn.shape, dtype: isFloat(drawn) ? 'float32' : 'int32' }]),
  );
  const feeds: Record<string, FeedTensor> = Object.fromEntries(
    inputs.map(({ shape, data }, i) => [input(i), { shape, data: data as Float32Array }]),
  );
  const weighting: Signature = variables.length === 0 ? {} : { weights: { shape: [count] } };
  const session = await createSession(compile(outputs, { ...signature, ...weighting }), { threads: 1 });
  try {
    return await session.run(
      variables.length === 0 ? feeds : { ...feeds, weights: { shape: [count], data: weights(count) } },
    );
  } finally {
    await session.dispose();
  }
};

const largest = (data: ArrayLike<number>, least: number): number =>
  Array.from(data).reduce((most, x) => (Number.isFinite(x) ? Math.max(most, Math.abs(x)) : most), least);

/** Every element must be as near as `tolerance` times the largest magnitude there is, at least 1. */
const expectClose = (what: string, actual: FeedTensor, expected: Result, tolerance: number): void => {
  const values = Array.from(expected.data);
  if (actual.shape.join() !== expected.shape.join() || sizeOf(actual.shape) !== values.length)
    throw new Error(`${what}: shape [${actual.shape.join()}], expected [${expected.shape.join()}]`);
  const most = tolerance * largest(values, 1);
  values.forEach((value, i) => {
    const got = Number(actual.data[i]);
    if (Object.is(got, value) || got === value || Math.abs(got - value) <= most) return;
    throw new Error(`${what}: element ${i} is ${got}, expected ${value} (of [${values.join(', ')}])`);
  });
};

/**
 * Traces a case and runs it; the result must be within 1e-6 of double precision, and its gradients within 1e-4 of central
 * differences.
 */
export const agree = async <Extra>(
  float64: Library,
  { fn, gradient = true }: Case<Extra>,
  { inputs, extra }: { inputs: Input[]; extra: Extra },
): Promise<void> => {
  const variables = gradient ? inputs.flatMap((drawn, i) => (isFloat(drawn) ? [i] : [])) : [];
  const trial: Trial = { fn: (library, tensors) => fn(library, tensors, extra), inputs, variables };
  const expected = run(float64, trial, inputs);
  const actual = await runTraced(trial, expected.data.length);
  // Terms that cancel leave the rounding of the terms: magnitudes of inputs count as well as those of results.
  const magnitude = inputs.reduce((most, { data }) => largest(data, most), 1);
  expectClose('result', actual.y!, expected, 1e-6 * magnitude);
  for (const i of variables) expectClose(slope(i), actual[slope(i)]!, differences(float64, trial, i), 1e-4);
};
