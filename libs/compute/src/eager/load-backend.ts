import { createRequire } from 'node:module';
import { dirname, join, sep } from 'node:path';
import { TaxonError } from '@taxon/errors';
import * as tf from '@tensorflow/tfjs-core';
import { useFastProducts } from './wasm-products.ts';

// Backends are CommonJS packages with a copy of tfjs-core of their own. tfjs keeps its engine and its kernels in globals, which
// copies of one version share: what such a package registers is seen by the operations that our bundle carries.

const nodeRequire = createRequire(import.meta.url);

const expectSameVersion = (found: string, name: string): void => {
  if (found === tf.version_core) return;
  throw new TaxonError({
    code: 'failed_precondition',
    message: `${name} brings tfjs-core ${found}, Taxon is built on ${tf.version_core}: they cannot share an engine`,
    hint: 'Install the engine that belongs to this version of Taxon.',
  });
};

/** Its own copy of tfjs-core would complain that ours has set the platform already. */
const quietly = (): void => tf.enableProdMode();

const makeCurrent = async (name: string): Promise<void> => {
  if (!(await tf.setBackend(name)))
    throw new TaxonError({ code: 'internal', message: `the tfjs backend '${name}' does not start` });
};

/** Operations run in WebAssembly from here on: one thread, nothing to install. */
export const useWasmBackend = async (): Promise<void> => {
  if ('wasm' in tf.engine().registryFactory) return makeCurrent('wasm');
  quietly();
  const main = nodeRequire.resolve('@tensorflow/tfjs-backend-wasm');
  const { setWasmPaths, version_wasm } = nodeRequire(main) as {
    setWasmPaths: (folder: string) => void;
    version_wasm: string;
  };
  expectSameVersion(version_wasm, '@tensorflow/tfjs-backend-wasm');
  setWasmPaths(dirname(main) + sep);
  useFastProducts();
  await makeCurrent('wasm');
};

export interface TensorflowBackend {
  /** A folder whose node_modules hold the package. */
  folder: string;
  package: '@tensorflow/tfjs-node' | '@tensorflow/tfjs-node-gpu';
  /** 0: as many as the machine has cores. Heeded when TensorFlow is first loaded. @default 0 */
  threads?: number;
  /** Products on a GPU in full fp32, not in TF32 with its 10 bits of mantissa. Heeded when it is first loaded. @default false */
  exact?: boolean;
}

/** What Node 23 took out of `util`, and tfjs-node 4.22 still calls (tensorflow/tfjs#8425). */
const restoreUtil = (): void => {
  const util = nodeRequire('node:util') as Record<string, unknown>;
  util['isNullOrUndefined'] ??= (value: unknown) => value === null || value === undefined;
  util['isArray'] ??= Array.isArray;
};

/** An environment variable that native code reads when it is loaded; what the person has set stays. */
const preset = (name: string, value: string): void => {
  process.env[name] ??= value;
};

/**
 * Operations run in TensorFlow from here on.
 * @throws TaxonError `failed_precondition` where the GPU package finds no GPU: TensorFlow itself would fall back in silence
 */
export const useTensorflowBackend = async (options: TensorflowBackend): Promise<void> => {
  const { folder, package: name, threads = 0, exact = false } = options;
  preset('TF_CPP_MIN_LOG_LEVEL', '2'); // warnings and greetings are not for our users
  if (threads > 0) preset('TF_NUM_INTRAOP_THREADS', String(threads));
  if (exact) preset('NVIDIA_TF32_OVERRIDE', '0');
  restoreUtil();
  quietly();
  const engine = createRequire(join(folder, 'package.json'));
  try {
    const { version } = engine(name) as { version: Record<string, string> };
    expectSameVersion(version['tfjs-core']!, name);
  } catch (cause) {
    if (cause instanceof TaxonError) throw cause;
    throw new TaxonError({
      code: 'failed_precondition',
      message: `${name} in ${folder} does not load: ${(cause as Error).message}`,
      hint: 'Remove the folder and install the engine again.',
      cause,
    });
  }
  await makeCurrent('tensorflow');
  const { isUsingGpuDevice } = tf.backend() as tf.KernelBackend & { isUsingGpuDevice: boolean };
  if (name === '@tensorflow/tfjs-node-gpu' && !isUsingGpuDevice)
    throw new TaxonError({
      code: 'failed_precondition',
      message: 'TensorFlow sees no GPU on this machine: the NVIDIA driver (libcuda.so.1) or the card was not found',
      hint: 'See whether `nvidia-smi` lists the card; in a container, whether the card is passed into it.',
    });
};
