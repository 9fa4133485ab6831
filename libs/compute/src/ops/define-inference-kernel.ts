import * as tf from '@tensorflow/tfjs-core';
import { register, type Attributes, type Inputs } from '../kernels/register.ts';
import { isTracing } from '../trace-backend.ts';

export interface InferenceKernelDefinition {
  name: string;
  /** Records the fused ONNX nodes. */
  trace: (inputs: Inputs, attributes: Attributes) => tf.TensorInfo;
  /** The same in plain tfjs operations, for every backend but the tracer. */
  reference: (inputs: Record<string, tf.Tensor>, attributes: Attributes) => tf.Tensor;
}

/** A kernel that only forward passes use: fused nodes, a reference, and no gradient. */
export const defineInferenceKernel = ({
  name,
  trace,
  reference,
}: InferenceKernelDefinition): ((inputs: Record<string, tf.Tensor>, attributes?: Attributes) => tf.Tensor) => {
  register(name, trace);
  return (inputs, attributes = {}) =>
    isTracing() ? tf.engine().runKernel(name, inputs, attributes as tf.NamedAttrMap) : reference(inputs, attributes);
};
