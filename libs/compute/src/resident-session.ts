import * as tf from '@tensorflow/tfjs-core';
import * as ort from 'onnxruntime-node';
import { compile, type Program, type TensorSpec } from './compile.ts';
import { createNative, createSession, toOrt, type FeedTensor, type SessionOptions } from './session.ts';

/** The output that a state's next value leaves a program by. */
export const nextName = (name: string): string => `next.${name}`;

type Feeds = Readonly<Record<string, FeedTensor>>;

/** A program that carries state from run to run: input `x`, output `next.x`. */
export interface ResidentSession {
  /** One run on the current state, which its result replaces. @returns the other outputs */
  run(feeds: Feeds): Promise<Record<string, FeedTensor>>;
  /** The state, in arrays that the next run may overwrite. */
  read(): Promise<Record<string, FeedTensor>>;
  dispose(): Promise<void>;
}

/**
 * Loads a program whose state stays where it is cheapest. WebGPU: in the device's memory (ONNX Runtime's Node binding hands
 * buffers out for that provider alone). CUDA: in the host's memory, copied once in and once out a run, which a loop of steps
 * within the program spreads over many. CPU: in the host's memory, in place.
 * @param state values to begin with; copied
 */
export const createResidentSession = (
  program: Program,
  state: Feeds,
  options: SessionOptions = {},
): Promise<ResidentSession> =>
  options.device === 'webgpu' ? keepOnDevice(program, state, options) : keepOnHost(program, state, options);

const copyOf = ({ data, shape }: FeedTensor): FeedTensor => ({ data: data.slice(), shape });

const keepOnHost = async (program: Program, initial: Feeds, options: SessionOptions): Promise<ResidentSession> => {
  const session = await createSession(program, options);
  const names = Object.keys(initial);
  // Two sets that take turns: what a run writes must not lie where it reads.
  let state = Object.fromEntries(names.map((name) => [name, copyOf(initial[name]!)]));
  let spare = Object.fromEntries(names.map((name) => [name, copyOf(initial[name]!)]));
  return {
    async run(feeds) {
      const results = Object.fromEntries(names.map((name) => [nextName(name), spare[name]!]));
      const outputs = await session.run({ ...feeds, ...state }, results);
      [state, spare] = [spare, state];
      return Object.fromEntries(Object.entries(outputs).filter(([name]) => !(name in results)));
    },
    read: () => Promise.resolve(state),
    dispose: () => session.dispose(),
  };
};

/** Copies values from the device to the host. ort.Tensor.getData() aborts the process in 1.30; a session's output works. */
const createReader = (state: Feeds, options: SessionOptions): Promise<ort.InferenceSession> => {
  const signature = Object.entries(state).map(([name, { shape, data }]): [string, TensorSpec] => [
    name,
    { shape, dtype: data instanceof Int32Array ? 'int32' : 'float32' },
  ]);
  const program = compile(
    (inputs) => Object.fromEntries(Object.entries(inputs).map(([name, x]) => [nextName(name), tf.clone(x)])),
    Object.fromEntries(signature),
  );
  return createNative(program, options);
};

const keepOnDevice = async (program: Program, initial: Feeds, options: SessionOptions): Promise<ResidentSession> => {
  const names = Object.keys(initial);
  const locations = program.graph.outputs.map(({ name }): [string, 'gpu-buffer' | 'cpu'] => [
    name,
    names.some((state) => nextName(state) === name) ? 'gpu-buffer' : 'cpu',
  ]);
  const native = await createNative(program, options, { preferredOutputLocation: Object.fromEntries(locations) });
  let reader: Promise<ort.InferenceSession> | undefined;
  let state: Record<string, ort.Tensor> = Object.fromEntries(
    names.map((name) => [name, toOrt(copyOf(initial[name]!))]),
  );
  const release = (): void =>
    Object.values(state).forEach((tensor) => tensor.location === 'gpu-buffer' && tensor.dispose());
  const hostTensor = (tensor: ort.Tensor): FeedTensor => ({
    data: tensor.data as FeedTensor['data'],
    shape: tensor.dims,
  });
  return {
    async run(feeds) {
      const tensors = Object.fromEntries(Object.entries(feeds).map(([name, value]) => [name, toOrt(value)]));
      const outputs = await native.run({ ...tensors, ...state });
      release();
      state = Object.fromEntries(names.map((name) => [name, outputs[nextName(name)]!]));
      return Object.fromEntries(
        locations.filter(([, place]) => place === 'cpu').map(([name]) => [name, hostTensor(outputs[name]!)]),
      );
    },
    async read() {
      reader ??= createReader(initial, options);
      const outputs = await (await reader).run(state);
      return Object.fromEntries(names.map((name) => [name, hostTensor(outputs[nextName(name)]!)]));
    },
    async dispose() {
      release();
      await native.release();
      if (reader !== undefined) await (await reader).release();
    },
  };
};
