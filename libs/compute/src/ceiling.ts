import * as tf from '@tensorflow/tfjs-core';
import { compile } from './compile.ts';
import { createSession, type SessionOptions } from './session.ts';

export interface CeilingOptions extends SessionOptions {
  /** Product shapes as [rows, inner, columns]. */
  shapes: readonly (readonly [number, number, number])[];
  /** Runs a shape; the fastest counts. @default 12 */
  repeats?: number;
}

/** The highest rate of fp32 matrix products on this machine over the given shapes, GFLOP/s. */
export const measureMatmulCeiling = async ({ shapes, repeats = 12, ...session }: CeilingOptions): Promise<number> => {
  let best = 0;
  for (const [rows, inner, columns] of shapes) {
    const program = compile(({ a, b }) => ({ product: tf.matMul(a as tf.Tensor2D, b as tf.Tensor2D) }), {
      a: { shape: [rows, inner] },
      b: { shape: [inner, columns] },
    });
    const native = await createSession(program, session);
    const fill = (size: number): Float32Array => Float32Array.from({ length: size }, (_, i) => Math.sin(i));
    const feeds = {
      a: { data: fill(rows * inner), shape: [rows, inner] },
      b: { data: fill(inner * columns), shape: [inner, columns] },
    };
    const product = { data: new Float32Array(rows * columns), shape: [rows, columns] };
    for (let i = 0; i < repeats; i++) {
      const start = performance.now();
      await native.run(feeds, { product });
      best = Math.max(best, (2 * rows * inner * columns) / (performance.now() - start) / 1e6);
    }
    await native.dispose();
  }
  return best;
};
