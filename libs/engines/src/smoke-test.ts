import { TaxonError } from '@taxon/errors';
import type { EngineName, EnginePins } from './pins.ts';
import { runTool } from './run-tool.ts';

/** d/dW Σ(W·W)² at W = [[1, 2], [3, 4]]: 2M·Wᵀ + Wᵀ·2M with M = W·W. */
const expected = [158, 274, 266, 482];

/** The polyfill: Node 23 took these two out of `util`, and tfjs-node 4.22 still calls them (tensorflow/tfjs#8425). */
const program = (name: string): string => `
const util = require('node:util');
util.isNullOrUndefined ??= (value) => value == null;
util.isArray ??= Array.isArray;
const tf = require('${name}');
const gradient = tf.grad((w) => tf.sum(tf.square(tf.matMul(w, w))))(tf.tensor2d([[1, 2], [3, 4]]));
const { isUsingGpuDevice, binding } = tf.backend();
const found = { gradient: [...gradient.dataSync()], gpu: isUsingGpuDevice, tensorflow: binding.TF_Version };
console.log('\\n' + JSON.stringify(found));
`;

/**
 * Loads a fresh engine in a process of its own and takes a gradient.
 * @throws TaxonError where the result is wrong, TensorFlow is of another version, or a GPU engine finds no GPU
 */
export const testEngine = async (
  folder: string,
  name: EngineName,
  pins: Pick<EnginePins, 'package' | 'version'>,
  signal?: AbortSignal,
): Promise<void> => {
  const node = {
    command: process.execPath,
    purpose: 'tries the engine',
    hint: 'The engine was built but does not run on this machine.',
  };
  const output = await runTool(node, ['--eval', program(pins.package)], { cwd: folder, signal });
  const found = JSON.parse(output.trimEnd().split('\n').at(-1)!) as {
    gradient: number[];
    gpu: boolean;
    tensorflow: string;
  };
  const fail = (message: string, hint: string) => new TaxonError({ code: 'failed_precondition', message, hint });
  if (found.tensorflow !== pins.version || found.gradient.join() !== expected.join())
    throw fail(
      `the engine computes ${found.gradient.join(', ')} with TensorFlow ${found.tensorflow}, not ${expected.join(', ')} with ${pins.version}`,
      'Install it again with --force.',
    );
  if (name === 'tensorflow-gpu' && !found.gpu)
    throw fail(
      'TensorFlow was built but sees no GPU: the NVIDIA driver (libcuda.so.1) or the card was not found',
      'See whether `nvidia-smi` lists the card, then run the command again: what was fetched is kept. Without a GPU: taxon engine install tensorflow.',
    );
};
