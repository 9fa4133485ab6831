import * as tf from '@tensorflow/tfjs-core';
import { traceBackendName } from './trace-backend.ts';

/** For tests: tells of every call of these kernels while tracing, whatever comes of it. */
export const watchKernels = (names: Iterable<string>, onCall: (kernelName: string) => void): void => {
  for (const kernelName of names) {
    const { kernelFunc } = tf.getKernel(kernelName, traceBackendName);
    tf.unregisterKernel(kernelName, traceBackendName);
    tf.registerKernel({
      kernelName,
      backendName: traceBackendName,
      kernelFunc: (parameters) => {
        onCall(kernelName);
        return kernelFunc(parameters);
      },
    });
  }
};
