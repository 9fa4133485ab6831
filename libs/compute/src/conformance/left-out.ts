/**
 * What tfjs-core's own specs ask for and the tracer does not do, and why. The test fails when a spec that is left out
 * passes, when one fails that is not, and when a count here is not what happens.
 */

/** Spec files that are run, of those that tfjs-core ships. The others test no operation: registries, files, flags, browsers. */
export const specFiles = /^(ops|optimizers)\/.*_test\.js$|^(gradients|tensor|variable)_test\.js$/;

/** Fewer specs, or programs run by ONNX Runtime for them, mean that the test no longer tests. */
export const atLeast = { specs: 3600, passed: 2700, programs: 2200 };

/** Kernels of tfjs that the tracer lacks, each with the number of specs that reach it, whatever they expect of it. */
export const unsupported: Record<string, Record<string, number>> = {};

/** Specs of tensors that no program can hold. They fail with the tracer's own words. */
export const strings = { message: "tensors of type 'string' cannot be traced", specs: 109 };

/** Single specs. */
export const specs: Record<string, string> = {
  'exp: int32': 'float32 rounds e¹⁰ by more than the 1e-3 that the spec allows',
  'tan: numbers exceed float32 precision':
    'ONNX Runtime rounds the tangent near its pole by one unit in the last place',
  'gather: throws when index is out of bound':
    'indices are known when the program runs; ONNX Runtime refuses them then',
};
