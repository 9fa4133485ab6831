/**
 * What tfjs-core's own specs ask for and the tracer does not do, and why. The test fails when a spec that is left out
 * passes, when one fails that is not, and when a count here is not what happens.
 */

/** Spec files that are run, of those that tfjs-core ships. The others test no operation: registries, files, flags, browsers. */
export const specFiles = /^(ops|optimizers)\/.*_test\.js$|^(gradients|tensor|variable)_test\.js$/;

/** Fewer specs, or programs run by ONNX Runtime for them, mean that the test no longer tests. */
export const atLeast = { specs: 3632, passed: 3019, passedByRunning: 1990, programs: 2540 };

/** Kernels of tfjs that the tracer lacks, each with the number of specs that reach it, whatever they expect of it. */
export const unsupported: Record<string, Record<string, number>> = {
  'complex numbers: ONNX has no type for them': { Complex: 95, ComplexAbs: 0, Real: 0, Imag: 0, FFT: 0, IFFT: 0 },
  'strings: no program can hold them (their specs fail before they reach the kernel)': {
    StaticRegexReplace: 0,
    StringNGrams: 0,
    StringSplit: 0,
    StringToHashBucketFast: 0,
  },
  'the size of the result depends on values, and traced tensors have sizes': {
    Unique: 8,
    SparseFillEmptyRows: 10,
    SparseReshape: 16,
    SparseSegmentMean: 17,
    SparseSegmentSum: 16,
    RaggedGather: 12,
    RaggedRange: 15,
    RaggedTensorToTensor: 14,
    BroadcastArgs: 6,
    NonMaxSuppressionV3: 9,
    NonMaxSuppressionV4: 3,
    NonMaxSuppressionV5: 1,
  },
  'draws at random: a program is a function of its inputs; see randomKeep': { Multinomial: 7 },
  'images: a text engine has no use for them': {
    CropAndResize: 23,
    Dilation2D: 13,
    Dilation2DBackpropInput: 0,
    Dilation2DBackpropFilter: 0,
    Draw: 0,
    FromPixels: 2,
    LRN: 12,
    LRNGrad: 0,
    DepthToSpace: 3,
    ResizeBilinear: 37,
    ResizeBilinearGrad: 0,
    ResizeNearestNeighbor: 35,
    ResizeNearestNeighborGrad: 0,
    RotateWithOffset: 0,
    Transform: 7,
    MaxPoolWithArgmax: 13,
    DepthwiseConv2dNativeBackpropInput: 8,
    DepthwiseConv2dNativeBackpropFilter: 3,
  },
  'volumes: likewise': {
    Conv3D: 15,
    Conv3DBackpropFilterV2: 0,
    Conv3DBackpropInputV2: 2,
    AvgPool3D: 23,
    AvgPool3DGrad: 0,
    MaxPool3D: 22,
    MaxPool3DGrad: 0,
  },
  'no ONNX operator does it, and nobody has asked for it': {
    Bincount: 7,
    DenseBincount: 8,
    SearchSorted: 7,
    LowerBound: 0,
    UpperBound: 0,
    SpaceToBatchND: 18,
    BatchToSpaceND: 12,
  },
  'tfjs composes its operation of others and never calls the kernel': {
    BroadcastTo: 0,
    LogicalXor: 0,
    LogSoftmax: 0,
    MatrixBandPart: 0,
    Pool: 0,
  },
};

/** Specs of tensors that no program can hold. They fail with the tracer's own words. */
export const strings = { message: "tensors of type 'string' cannot be traced", specs: 109 };

/** Single specs, by name. */
export const specs: Record<string, string> = {
  'exp: int32': 'float32 rounds e¹⁰ by more than the 1e-3 that the spec allows',
  'tan: numbers exceed float32 precision':
    'ONNX Runtime rounds the tangent near its pole by one unit in the last place',
  'gather: throws when index is out of bound':
    'indices are known when the program runs; ONNX Runtime refuses them then',
  'avgPool: gradient x=[3,3,1] f=[3,3] s=1 p=explicit':
    "tfjs's gradient divides by the whole window where its average leaves padding out; ours is that of the average",
  'conv2dTranspose: input=8x8x8,output=4x4x8,f=8,s=1,inDepth=8,p=same vec4':
    'an output smaller than the input, of which tfjs silently reads a quarter',
};

/** Single specs that pass or fail by the last digit of a float, as the processor has it. */
export const lastDigit: Record<string, string> = {
  'exp: int32': 'e¹⁰ is to be within 1e-3; the two floats beside it are 0.00095 and 0.00100 away',
  'tan: numbers exceed float32 precision':
    'the tangent near its pole is to be within 1e-3; floats are 0.002 apart there',
};
