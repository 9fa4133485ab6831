import * as tf from '@tensorflow/tfjs-core';
import { register, type Attributes, type Inputs } from '../kernels/register.ts';
import { isTracing } from '../trace-backend.ts';

export interface KernelDefinition {
  name: string;
  /** Records the fused ONNX nodes. Outputs after the first are kept for the gradient. */
  trace: (inputs: Inputs, attributes: Attributes) => tf.TensorInfo[];
  inputsToSave: string[];
  outputsToSave: boolean[];
  /** One row a differentiable input. `saved` holds the saved inputs, then the saved outputs. */
  gradient: (dy: tf.Tensor, saved: tf.Tensor[], attributes: Attributes) => Record<string, () => tf.Tensor>;
  /** The same in plain tfjs operations, for every backend but the tracer; its gradient is tfjs's own. */
  reference: (inputs: Record<string, tf.Tensor>, attributes: Attributes) => tf.Tensor;
}

/** A kernel of our own: fused nodes and a hand-derived gradient when traced, a reference composition elsewhere. */
export const defineKernel = (
  definition: KernelDefinition,
): ((inputs: Record<string, tf.Tensor>, attributes: Attributes) => tf.Tensor) => {
  const { name, trace, inputsToSave, outputsToSave, gradient, reference } = definition;
  register(name, trace);
  tf.registerGradient({
    kernelName: name,
    inputsToSave,
    outputsToSave,
    gradFunc: (dy, saved, attributes) => gradient(Array.isArray(dy) ? (dy[0] as tf.Tensor) : dy, saved, attributes),
  });
  return (inputs, attributes) => {
    if (!isTracing()) return reference(inputs, attributes);
    const outputs: tf.Tensor | tf.Tensor[] = tf.engine().runKernel(name, inputs, attributes as tf.NamedAttrMap);
    return Array.isArray(outputs) ? outputs[0]! : outputs;
  };
};
