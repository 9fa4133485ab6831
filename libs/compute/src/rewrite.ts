import type { Graph, GraphNode } from './graph.ts';
import { bodiesOf, readsOf, renameReads } from './loop-bodies.ts';

/** An ONNX Identity is a full copy: readers take its source instead, unless it names an output of the program. */
const dropIdentities = (graph: Graph): void => {
  const outputs = new Set(graph.outputs.map(({ name }) => name));
  const source = new Map<string, string>();
  graph.nodes = graph.nodes.filter((node) => {
    renameReads(node, source);
    if (node.op !== 'Identity' || outputs.has(node.outputs[0]!)) return true;
    source.set(node.outputs[0]!, node.inputs[0]!);
    return false;
  });
};

/** Equal nodes on equal inputs are computed once. Every operator that the tracer emits is a pure function. */
const shareEqualNodes = (graph: Graph): void => {
  const outputs = new Set(graph.outputs.map(({ name }) => name));
  const seen = new Map<string, GraphNode>();
  const same = new Map<string, string>();
  graph.nodes = graph.nodes.filter((node) => {
    renameReads(node, same);
    if (bodiesOf(node).length > 0) return true;
    const key = JSON.stringify([node.op, node.domain, node.inputs, node.attributes, node.outputs.length]);
    const known = seen.get(key);
    if (known === undefined || node.outputs.some((name) => outputs.has(name))) {
      seen.set(key, node);
      return true;
    }
    node.outputs.forEach((name, i) => same.set(name, known.outputs[i]!));
    return false;
  });
};

/** Nodes and constants that no output needs. */
const dropUnread = (graph: Graph): void => {
  const needed = new Set(graph.outputs.map(({ name }) => name));
  graph.nodes = graph.nodes
    .reverse()
    .filter((node) => {
      if (!node.outputs.some((name) => needed.has(name))) return false;
      readsOf(node).forEach((name) => needed.add(name));
      return true;
    })
    .reverse();
  graph.initializers = graph.initializers.filter(({ name }) => needed.has(name));
};

/** Rewrites a traced graph in place into an equal one that does less. */
export const simplify = (graph: Graph): void => {
  for (const node of graph.nodes) bodiesOf(node).forEach(simplify);
  dropIdentities(graph);
  shareEqualNodes(graph);
  dropUnread(graph);
};
