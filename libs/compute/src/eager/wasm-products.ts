import * as tf from '@tensorflow/tfjs-core';

type Transposed = Record<'transposeA' | 'transposeB', boolean>;

const kernel = (name: string): tf.KernelConfig => {
  const found = tf.getKernel(name, 'wasm');
  return { ...found, kernelName: name, backendName: 'wasm' };
};

/**
 * The wasm backend multiplies matrices with XNNPACK, unless one of them is to be read transposed: then it falls back to plain
 * loops, ten times slower. Two of the three products of a linear layer's training are of that kind, so here the transpose is
 * made first. Batched products, which are small in our models, stay as they are.
 */
export const useFastProducts = (): void => {
  const product = kernel('BatchMatMul');
  const { kernelFunc: transpose } = kernel('Transpose');
  const multiply: tf.KernelFunc = ({ inputs, backend, attrs }) => {
    const { transposeA, transposeB } = attrs as unknown as Transposed;
    const { a, b } = inputs as Record<'a' | 'b', tf.TensorInfo>;
    if (a.shape.length !== 2 || b.shape.length !== 2 || !(transposeA || transposeB))
      return product.kernelFunc({ inputs, backend, attrs });
    const turned: tf.TensorInfo[] = [];
    const straight = (x: tf.TensorInfo, isTransposed: boolean): tf.TensorInfo => {
      if (!isTransposed) return x;
      const result = transpose({ inputs: { x }, backend, attrs: { perm: [1, 0] } }) as tf.TensorInfo;
      turned.push(result);
      return result;
    };
    const result = product.kernelFunc({
      inputs: { a: straight(a, transposeA), b: straight(b, transposeB) },
      backend,
      attrs: { transposeA: false, transposeB: false },
    });
    for (const { dataId } of turned) (backend as unknown as Pick<tf.KernelBackend, 'disposeData'>).disposeData(dataId);
    return result;
  };
  tf.unregisterKernel('BatchMatMul', 'wasm');
  tf.registerKernel({ ...product, kernelFunc: multiply });
};
