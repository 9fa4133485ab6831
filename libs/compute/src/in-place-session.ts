import type { Program } from './compile.ts';
import type { Graph } from './graph.ts';
import { encodeModel } from './onnx-model.ts';
import { createNative, disposeNative, toOrtAll, type FeedTensor, type SessionOptions } from './session.ts';

// onnxruntime-node 1.30 copies every output into a fresh ArrayBuffer when a run is over, even those that it has just written
// into an array of ours: for a training step, all gradients a second time. It does so in the order of the graph's outputs, and
// throws at the first one that is no tensor. Such an output is put first: nothing is copied, and the error that tells of it is
// how a run ends well. A version that hands sequences out, or that copies nothing, returns as usual.

const stop = 'stop';
const endOfRun = 'Non tensor type is temporarily not supported';

/** The program with a list of one number as its first output. */
const withStop = ({ inputs, outputs, nodes, initializers }: Graph): Graph => {
  const [name, number] = [stop, `${stop}.number`];
  return {
    inputs,
    outputs: [{ name, dtype: 'float32', shape: [], sequence: true }, ...outputs],
    nodes: [{ op: 'SequenceConstruct', domain: '', inputs: [number], outputs: [name], attributes: {} }, ...nodes],
    initializers: [...initializers, { name: number, dtype: 'float32', shape: [], data: new Float32Array(1) }],
  };
};

/** A loaded program whose outputs all lie in arrays that are given: none is allocated, none is copied. */
export interface InPlaceSession {
  /**
   * @param feeds every input of the program
   * @param results every output, written in place
   */
  run(feeds: Readonly<Record<string, FeedTensor>>, results: Readonly<Record<string, FeedTensor>>): Promise<void>;
  dispose(): Promise<void>;
}

/** Loads a program into ONNX Runtime on the processor, for runs whose outputs are large. */
export const createInPlaceSession = async (
  { graph }: Program,
  options: Omit<SessionOptions, 'device'> = {},
): Promise<InPlaceSession> => {
  const native = await createNative(encodeModel(withStop(graph)), options);
  return {
    async run(feeds, results) {
      const missing = graph.outputs.find(({ name }) => results[name] === undefined);
      if (missing !== undefined) throw new RangeError(`output '${missing.name}' has no array to be written to`);
      try {
        await native.run(toOrtAll(feeds), { [stop]: null, ...toOrtAll(results) });
      } catch (error) {
        if (!(error instanceof Error && error.message.includes(endOfRun))) throw error;
      }
    },
    dispose: () => disposeNative(native, options),
  };
};
