import { expandProducts, type Program } from '@taxon/compute';

type Graph = Program['graph'];
type Node = Graph['nodes'][number];

/**
 * Rewrites a graph in place so that any ONNX runtime reads it: ONNX Runtime's own operators become standard ones, which
 * its optimizer fuses again when it loads them. Outputs that nothing reads go, since they stand in the way of fusion.
 */
export const useStandardOperators = (graph: Graph): void => {
  expandProducts(graph);
  const read = new Set([...graph.nodes.flatMap(({ inputs }) => inputs), ...graph.outputs.map(({ name }) => name)]);
  graph.nodes = graph.nodes.map((node): Node => {
    if (node.op === 'Gelu') return { ...node, domain: '', attributes: {} };
    if (node.op !== 'LayerNormalization') return node;
    const [first, ...rest] = node.outputs;
    return rest.some((name) => read.has(name)) ? node : { ...node, outputs: [first!] };
  });
};
