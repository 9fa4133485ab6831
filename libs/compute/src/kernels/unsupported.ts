import * as tf from '@tensorflow/tfjs-core';
import * as kernelNames from '@tensorflow/tfjs-core/dist/kernel_names.js';
import { TaxonError } from '@taxon/errors';
import { callerLine } from '../caller-line.ts';
import { traceBackendName } from '../trace-backend.ts';
import { register } from './register.ts';

/** Kernels of tfjs that the tracer lacks, by name. tfjs's own message would name no line of the caller's. */
export const unsupportedKernels: readonly string[] = Object.values<unknown>({ ...kernelNames })
  .filter((name) => typeof name === 'string')
  .filter((name) => tf.getKernel(name, traceBackendName) == null); // null or undefined, by tfjs's version

for (const name of unsupportedKernels)
  register(name, () => {
    throw new TaxonError({
      code: 'internal',
      message: `the operation '${name}' cannot be traced${callerLine()}`,
      hint: 'Write it with operations that the tracer knows: the tables in libs/compute/src/kernels name them.',
    });
  });
