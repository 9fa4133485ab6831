import type * as tf from '@tensorflow/tfjs-core';
import type { DType, Graph } from '../graph.ts';
import { encodeModel } from '../onnx-model.ts';
import { simplify } from '../rewrite.ts';
import { createSession, type FeedTensor } from '../session.ts';
import type { TracedValue } from '../trace-backend.ts';

/** The part of a trace that one value needs, as a program of its own whose numbers are inputs: constants would be folded. */
const programFor = (trace: Graph, { name, shape, dtype }: TracedValue): [Graph, Record<string, FeedTensor>] => {
  const graph: Graph = {
    inputs: [],
    outputs: [{ name: 'result', dtype: dtype as DType, shape }],
    nodes: trace.nodes.map((node) => ({ ...node })),
    initializers: [...trace.initializers],
  };
  graph.nodes.push({ op: 'Identity', domain: '', inputs: [name], outputs: ['result'], attributes: {} });
  simplify(graph);
  const feeds: Record<string, FeedTensor> = {};
  graph.initializers = graph.initializers.filter(({ name, dtype, shape, data }) => {
    if (!(data instanceof Float32Array || data instanceof Int32Array)) return true;
    feeds[name] = { data, shape };
    graph.inputs.push({ name, dtype, shape });
    return false;
  });
  return [graph, feeds];
};

/** Runs what has been traced up to `value` and returns its numbers. */
export const evaluate = async (trace: Graph, value: TracedValue): Promise<tf.BackendValues> => {
  const [graph, feeds] = programFor(trace, value);
  const session = await createSession(encodeModel(graph), { threads: 1 });
  try {
    const { result } = await session.run(feeds);
    if (result!.shape.join() !== value.shape.join())
      throw new Error(`traced as [${value.shape.join()}], computed as [${result!.shape.join()}]`);
    return result!.data as tf.BackendValues;
  } finally {
    await session.dispose();
  }
};
