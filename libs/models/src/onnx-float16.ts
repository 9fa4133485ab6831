import type { Program } from '@taxon/compute';
import { toFloat16 } from './float16.ts';

/** Below it a tensor is a constant of the graph or a bias, and its bytes do not count. */
const smallestHalved = 1024;

/** TensorProto.DataType */
const float32 = 1;

/**
 * Lets a program store its large tensors as float16; in place. They are cast to fp32 before anything reads them, which ONNX Runtime
 * does once, when it loads the file: half the bytes, fp32 in memory and in every product.
 */
export const storeFloat16 = ({ graph }: Program): void => {
  const casts: typeof graph.nodes = [];
  graph.initializers = graph.initializers.map((initializer) => {
    const { name, data } = initializer;
    if (!(data instanceof Float32Array) || data.length < smallestHalved) return initializer;
    const stored = `${name}_float16`;
    casts.push({ op: 'Cast', domain: '', inputs: [stored], outputs: [name], attributes: { to: float32 } });
    return { ...initializer, name: stored, dtype: 'float16', data: toFloat16(data) };
  });
  graph.nodes.unshift(...casts);
};
