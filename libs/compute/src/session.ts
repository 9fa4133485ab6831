import * as ort from 'onnxruntime-node';
import type { Program } from './compile.ts';
import { createOn, type ComputeDevice } from './providers/device.ts';

/** Numbers with their shape. The arrays are read, and for preallocated results written, in place. */
export interface FeedTensor {
  data: Float32Array | Int32Array | Int8Array;
  shape: readonly number[];
}

export interface SessionOptions {
  /** @default 'cpu' */
  device?: ComputeDevice;
  /** 0 or absent: as many as the machine has cores. */
  threads?: number;
  /** Threads spin while they wait: right on cores that are ours alone, three times slower on shared ones. @default false */
  spin?: boolean;
  /** Writes an ONNX Runtime profile with this file prefix. */
  profile?: string;
}

/** A loaded program. `run` computes inside a native call: use it on a worker or in a job's own process. */
export interface Session {
  /**
   * @param feeds every input of the program
   * @param results preallocated outputs, written in place; outputs that are not named here are allocated
   * @returns every output
   */
  run(
    feeds: Readonly<Record<string, FeedTensor>>,
    results?: Readonly<Record<string, FeedTensor>>,
  ): Promise<Record<string, FeedTensor>>;
  /** Frees the native memory. The session cannot be used afterwards. */
  dispose(): Promise<void>;
}

/** Building an ort.Tensor costs microseconds, and a step feeds hundreds that never change: one a buffer is kept. */
const tensors = new WeakMap<FeedTensor['data'], ort.Tensor>();

export const toOrt = ({ data, shape }: FeedTensor): ort.Tensor => {
  const known = tensors.get(data);
  if (known?.dims.length === shape.length && known.dims.every((size, i) => size === shape[i])) return known;
  const tensor =
    data instanceof Float32Array
      ? new ort.Tensor('float32', data, shape)
      : data instanceof Int32Array
        ? new ort.Tensor('int32', data, shape)
        : new ort.Tensor('int8', data, shape);
  tensors.set(data, tensor);
  return tensor;
};

export const toOrtAll = (values: Readonly<Record<string, FeedTensor>>): Record<string, ort.Tensor> =>
  Object.fromEntries(Object.entries(values).map(([name, value]) => [name, toOrt(value)]));

const nativeOptions = ({
  threads = 0,
  spin = false,
  profile,
}: SessionOptions): ort.InferenceSession.SessionOptions => ({
  intraOpNumThreads: threads,
  interOpNumThreads: 1,
  // The planned block comes on top of what the first run allocated: a third more memory in training, and no faster.
  enableMemPattern: false,
  graphOptimizationLevel: 'all',
  ...(profile === undefined ? {} : { enableProfiling: true, profileFilePrefix: profile }),
  extra: {
    // Additions and their normalisation as one node take five times as long (residual-norm.ts).
    // A product and its bias as one Gemm, which fills the result with the bias on one thread first, is 2 % slower a step.
    optimization: { disable_specified_optimizers: 'MatMulAddFusion;SkipLayerNormFusion' },
    session: {
      // Tiny gradients and moments would otherwise become denormals, which cost a hundred times more.
      set_denormal_as_zero: '1',
      intra_op: { allow_spinning: spin ? '1' : '0' },
    },
  },
});

/** ONNX Runtime's own session; `more` goes beyond what all of ours share. */
export const createNative = (
  program: Program | Uint8Array,
  options: SessionOptions,
  more: ort.InferenceSession.SessionOptions = {},
): Promise<ort.InferenceSession> =>
  createOn(options.device ?? 'cpu', program instanceof Uint8Array ? program : program.encode(), {
    ...nativeOptions(options),
    ...more,
  });

/** Writes the profile, if one was asked for, and frees the native memory. */
export const disposeNative = async (native: ort.InferenceSession, { profile }: SessionOptions): Promise<void> => {
  if (profile !== undefined) native.endProfiling();
  await native.release();
};

/**
 * Loads a program (or the bytes of any ONNX model) into ONNX Runtime.
 * @throws TaxonError `failed_precondition` where the device cannot be had
 */
export const createSession = async (program: Program | Uint8Array, options: SessionOptions = {}): Promise<Session> => {
  const native = await createNative(program, options);
  return {
    async run(feeds, results = {}) {
      const fetches: Record<string, ort.Tensor | null> = {};
      for (const name of native.outputNames) fetches[name] = results[name] === undefined ? null : toOrt(results[name]);
      const outputs = await native.run(toOrtAll(feeds), fetches);
      return Object.fromEntries(
        Object.entries(outputs).map(([name, value]) => {
          const tensor = value;
          return [name, { data: tensor.data as Float32Array | Int32Array, shape: tensor.dims }];
        }),
      );
    },
    dispose: () => disposeNative(native, options),
  };
};
