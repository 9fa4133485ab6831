import * as tf from '@tensorflow/tfjs-core';
import { traceBackendName } from '../trace-backend.ts';

export type Inputs = Record<string, tf.TensorInfo>;
// Attributes of tfjs kernels are untyped by design; each row of a table names the ones that it reads.
export type Attributes = Record<string, unknown>;
export type TraceKernel = (inputs: Inputs, attributes: Attributes) => tf.TensorInfo | tf.TensorInfo[];

/** Teaches the tracer one tfjs kernel. */
export const register = (kernelName: string, kernel: TraceKernel): void =>
  tf.registerKernel({
    kernelName,
    backendName: traceBackendName,
    kernelFunc: ({ inputs, attrs }) => kernel(inputs as Inputs, attrs ?? {}),
  });

/** Teaches the tracer the kernels of a table, by their names. */
export const registerAll = (kernels: Record<string, TraceKernel>): void => {
  for (const [name, kernel] of Object.entries(kernels)) register(name, kernel);
};

export const broadcastShape = (a: tf.TensorInfo, b: tf.TensorInfo): number[] =>
  tf.broadcast_util.assertAndGetBroadcastShape(a.shape, b.shape);
