import { mkdir, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as tf from '@tensorflow/tfjs-core';
import { build } from 'esbuild';
import { attention } from '../ops/attention.ts';
import { batchedMatMul } from '../ops/batched-matmul.ts';
import { gelu } from '../ops/gelu.ts';
import { layerNorm } from '../ops/layer-norm.ts';
import { randomKeep } from '../ops/random-keep.ts';

/** What a case is written in: tfjs and our own kernels, in one of two copies. */
export interface Library {
  tf: typeof tf;
  attention: typeof attention;
  batchedMatMul: typeof batchedMatMul;
  gelu: typeof gelu;
  layerNorm: typeof layerNorm;
  randomKeep: typeof randomKeep;
}

export const traced: Library = { tf, attention, batchedMatMul, gelu, layerNorm, randomKeep };

const here = dirname(fileURLToPath(import.meta.url));

const source = `
  export * as tf from '@tensorflow/tfjs-core';
  import '@tensorflow/tfjs-backend-cpu';
  export { attention } from '../ops/attention.ts';
  export { batchedMatMul } from '../ops/batched-matmul.ts';
  export { gelu } from '../ops/gelu.ts';
  export { layerNorm } from '../ops/layer-norm.ts';
  export { randomKeep } from '../ops/random-keep.ts';
`;

const isTypedArray = (x: unknown): boolean =>
  x instanceof Float64Array || x instanceof Int32Array || x instanceof Uint8Array || x instanceof Uint8ClampedArray;

/**
 * The same code on tfjs's CPU backend, in double precision: a bundle in which every Float32Array is a Float64Array, and
 * whose tfjs has a global object, and so an engine, of its own. Its finite differences are good to nine digits.
 */
export const loadFloat64 = async (): Promise<Library> => {
  const bundle = join(here, '../../dist', `float64-${process.pid}.cjs`);
  await mkdir(dirname(bundle), { recursive: true });
  await build({
    stdin: { contents: source, resolveDir: here },
    outfile: bundle,
    bundle: true,
    format: 'cjs',
    platform: 'node',
    target: 'node20',
    mainFields: ['module', 'main'],
    define: { Float32Array: 'Float64Array', global: 'ownGlobal' },
    banner: { js: 'const ownGlobal = {};' },
    logLevel: 'error',
  });
  try {
    const library = createRequire(import.meta.url)(bundle) as Library;
    library.tf.env().platform.isTypedArray = isTypedArray as typeof tf.util.isTypedArray; // Node's knows no doubles
    return library;
  } finally {
    await rm(bundle, { force: true });
  }
};
