import type { Graph } from './graph.ts';
import { bodiesOf, readsOf } from './loop-bodies.ts';

// ONNX Runtime walks the graph backwards from the nodes that nobody reads, the last one first, and runs what it meets
// (Graph::ReverseDFSFrom). In the order of tracing, the last one is the gradient of the first layer: every other gradient
// would wait until the very end, and with it all activations that it is computed from.

/** Moves the nodes that nobody reads to the end, those that can run first last: each runs as soon as its inputs are there. */
export const orderResults = (graph: Graph): void => {
  for (const node of graph.nodes) bodiesOf(node).forEach(orderResults);
  const read = new Set(graph.nodes.flatMap(readsOf));
  const isResult = ({ outputs }: Graph['nodes'][number]): boolean => !outputs.some((name) => read.has(name));
  const results = graph.nodes.filter(isResult);
  graph.nodes = [...graph.nodes.filter((node) => !isResult(node)), ...results.reverse()];
};
