// Every table registers its kernels when it is imported.
import './activation.ts';
import './convolution.ts';
import './elementwise.ts';
import './indexing.ts';
import './matmul.ts';
import './pooling.ts';
import './reduction.ts';
import './shape.ts';
import * as tf from '@tensorflow/tfjs-core';
import * as kernelNames from '@tensorflow/tfjs-core/dist/kernel_names.js';
import { TaxonError } from '@taxon/errors';
import { callerLine } from '../caller-line.ts';
import { traceBackendName } from '../trace-backend.ts';
import { register } from './register.ts';

const all = Object.values<unknown>({ ...kernelNames }).filter((name) => typeof name === 'string');

/** Kernels of tfjs that the tables above know, by name. */
export const supportedKernels: readonly string[] = tf
  .getKernelsForBackend(traceBackendName)
  .map(({ kernelName }) => kernelName)
  .filter((name) => all.includes(name));

/** Those that they lack: each is refused by name and the caller's line. */
export const unsupportedKernels: readonly string[] = all.filter((name) => !supportedKernels.includes(name));

for (const name of unsupportedKernels)
  register(name, () => {
    throw new TaxonError({
      code: 'internal',
      message: `the operation '${name}' cannot be traced${callerLine()}`,
      hint: 'Write it with operations that the tracer knows: the tables in libs/compute/src/kernels name them.',
    });
  });
