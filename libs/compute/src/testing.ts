import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import { compile, type Signature } from './compile.ts';
import { createSession, type FeedTensor } from './session.ts';

export type Feeds = Record<string, { shape: number[]; data: Float32Array | Int32Array }>;
type Fn = (inputs: Record<string, tf.Tensor>) => Record<string, tf.Tensor>;

/** Traces `fn` and runs it natively. */
export const runTraced = async (fn: Fn, feeds: Feeds, signature?: Signature): Promise<Record<string, FeedTensor>> => {
  const shapes = Object.fromEntries(
    Object.entries(feeds).map(([name, { shape, data }]) => [
      name,
      { shape, dtype: data instanceof Float32Array ? ('float32' as const) : ('int32' as const) },
    ]),
  );
  const session = await createSession(compile(fn, signature ?? shapes), { threads: 1 });
  try {
    return await session.run(feeds);
  } finally {
    await session.dispose();
  }
};

/** Runs `fn` eagerly on tfjs's own reference backend. */
export const runReference = async (fn: Fn, feeds: Feeds): Promise<Record<string, FeedTensor>> => {
  await tf.setBackend('cpu');
  return tf.tidy(() => {
    const inputs = Object.fromEntries(
      Object.entries(feeds).map(([name, { shape, data }]) => [
        name,
        tf.tensor(data, shape, data instanceof Float32Array ? 'float32' : 'int32'),
      ]),
    );
    return Object.fromEntries(
      Object.entries(fn(inputs)).map(([name, x]) => [name, { data: x.dataSync() as Float32Array, shape: x.shape }]),
    );
  });
};

/** Largest difference, relative to the largest magnitude of the reference (at least 1). */
export const largestError = (actual: FeedTensor, expected: FeedTensor): number => {
  if (actual.shape.join() !== expected.shape.join()) return Infinity;
  let scale = 1;
  let error = 0;
  expected.data.forEach((value, i) => {
    scale = Math.max(scale, Math.abs(value));
    error = Math.max(error, Number.isNaN(actual.data[i]!) ? Infinity : Math.abs(actual.data[i]! - value));
  });
  return error / scale;
};

/** Reproducible numbers within ±scale. */
export const numbers = (size: number, scale = 1, seed = 1): Float32Array =>
  Float32Array.from({ length: size }, (_, i) => scale * Math.sin((i + 1) * 12.9898 * seed) * Math.cos(i * 0.7 + seed));

/** Whether ONNX Runtime finds a WebGPU adapter on this machine. */
export const webGpuIsThere = async (): Promise<boolean> => {
  const program = compile(({ x }) => ({ y: tf.neg(x!) }), { x: { shape: [1] } });
  try {
    await (await createSession(program, { device: 'webgpu' })).dispose();
    return true;
  } catch {
    return false;
  }
};
