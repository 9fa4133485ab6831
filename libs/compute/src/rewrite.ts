import type { Graph, GraphNode } from './graph.ts';

type Shapes = ReadonlyMap<string, readonly number[]>;

/** Values that are read, with how often. Graph outputs count. */
const readCounts = (graph: Graph): Map<string, number> => {
  const counts = new Map<string, number>();
  const add = (name: string) => counts.set(name, (counts.get(name) ?? 0) + 1);
  for (const node of graph.nodes) node.inputs.forEach(add);
  for (const output of graph.outputs) add(output.name);
  return counts;
};

/** An ONNX Identity is a full copy: readers take its source instead, unless it names an output of the program. */
const dropIdentities = (graph: Graph): void => {
  const outputs = new Set(graph.outputs.map(({ name }) => name));
  const source = new Map<string, string>();
  graph.nodes = graph.nodes.filter((node) => {
    node.inputs = node.inputs.map((name) => source.get(name) ?? name);
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
    node.inputs = node.inputs.map((name) => same.get(name) ?? name);
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

const broadcastsTo = (shape: readonly number[], [rows, columns]: readonly number[]): boolean => {
  const [m, n] = shape.length === 1 ? [1, shape[0]] : shape;
  return shape.length >= 1 && shape.length <= 2 && (n === columns || n === 1) && (m === rows || m === 1);
};

/** `A·B + C` as one Gemm: the product accumulates onto C instead of being written, read and added in another pass. */
const addIntoProducts = (graph: Graph, shapes: Shapes): void => {
  const counts = readCounts(graph);
  const products = new Map<string, GraphNode>();
  const absorbed = new Set<GraphNode>();
  for (const node of graph.nodes) {
    const is2d = node.inputs.slice(0, 2).every((name) => shapes.get(name)?.length === 2);
    if ((node.op === 'MatMul' || (node.op === 'Gemm' && node.inputs.length === 2)) && is2d)
      products.set(node.outputs[0]!, node);
    if (node.op !== 'Add') continue;
    const [left, right] = node.inputs as [string, string];
    // The later product absorbs: its other operand is then sure to be there already.
    for (const [product, addend] of [
      [right, left],
      [left, right],
    ] as const) {
      const source = products.get(product);
      const shape = shapes.get(product);
      const addendShape = shapes.get(addend);
      if (source === undefined || shape === undefined || addendShape === undefined) continue;
      if (counts.get(product) !== 1 || !broadcastsTo(addendShape, shape)) continue;
      node.op = 'Gemm';
      node.inputs = [...source.inputs, addend];
      node.attributes = source.attributes;
      absorbed.add(source);
      break;
    }
  }
  graph.nodes = graph.nodes.filter((node) => !absorbed.has(node));
};

/** Nodes and constants that no output needs. */
const dropUnread = (graph: Graph): void => {
  const needed = new Set(graph.outputs.map(({ name }) => name));
  graph.nodes = graph.nodes
    .reverse()
    .filter((node) => {
      if (!node.outputs.some((name) => needed.has(name))) return false;
      node.inputs.forEach((name) => needed.add(name));
      return true;
    })
    .reverse();
  graph.initializers = graph.initializers.filter(({ name }) => needed.has(name));
};

/** Rewrites a traced graph in place into an equal one that does less. */
export const simplify = (graph: Graph, shapes: Shapes): void => {
  dropIdentities(graph);
  shareEqualNodes(graph);
  dropUnread(graph);
  addIntoProducts(graph, shapes);
};
