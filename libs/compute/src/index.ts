export {
  compile,
  type CompileOptions,
  type Program,
  type Signature,
  type Tensors,
  type TensorSpec,
} from './compile.ts';
export { cacheByStructure } from './program-cache.ts';
export { expandProducts } from './expand-products.ts';
export { loop, type LoopOptions } from './loop.ts';
export { createResidentSession, nextName, type ResidentSession } from './resident-session.ts';
export type { ComputeDevice } from './providers/device.ts';
export { cudaFolder, onnxRuntimeVersion as cudaVersion } from './providers/cuda-libraries.ts';
export { installCuda, isCudaInstalled, type InstallCudaOptions } from './providers/install-cuda.ts';
export { createInPlaceSession, type InPlaceSession } from './in-place-session.ts';
export { createSession, type FeedTensor, type Session, type SessionOptions } from './session.ts';
export { hasExactInt8 } from './int8-support.ts';
export { measureMatmulCeiling } from './ceiling.ts';
export { attention } from './ops/attention.ts';
export { batchedMatMul } from './ops/batched-matmul.ts';
export { gelu } from './ops/gelu.ts';
export { layerNorm } from './ops/layer-norm.ts';
export { checkpoint } from './ops/checkpoint.ts';
export { choose, isFiniteScalar } from './ops/choose.ts';
export { scatterRows } from './ops/scatter-rows.ts';
export { dropoutKey, randomKeep } from './ops/random-keep.ts';
export {
  createOptimizerMemory,
  type Int8Form,
  type OptimizedTensor,
  type OptimizerMemory,
  type UpdateCoefficients,
} from './optimizer-memory.ts';
export { biasGelu } from './ops/bias-gelu.ts';
export { multiHeadAttention } from './ops/multi-head-attention.ts';
export { residualNorm } from './ops/residual-norm.ts';
export { int8Product, int8Rows, type FixedRange } from './ops/int8-inference.ts';
export { int8Linear, type Int8Matrix } from './ops/int8-linear.ts';
export { useTensorflowBackend, useWasmBackend, type TensorflowBackend } from './eager/load-backend.ts';
