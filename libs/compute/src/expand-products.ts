import type { Graph, GraphNode } from './graph.ts';
import { bodiesOf } from './loop-bodies.ts';

const flag = ({ attributes }: GraphNode, name: string): boolean => attributes[name] === 1;

const factor = ({ attributes }: GraphNode): number => {
  const { alpha } = attributes;
  return typeof alpha === 'object' && 'float' in alpha ? alpha.float : 1;
};

/** The axes of a rank-3 operand of FusedMatMul in MatMul's order; undefined where they are that already. */
const permutation = (batchSecond: boolean, transposed: boolean): number[] | undefined => {
  if (batchSecond) return transposed ? [1, 2, 0] : [1, 0, 2];
  return transposed ? [0, 2, 1] : undefined;
};

const plain = (
  op: string,
  inputs: string[],
  outputs: string[],
  attributes: GraphNode['attributes'] = {},
): GraphNode => ({
  op,
  domain: '',
  inputs,
  outputs,
  attributes,
});

/**
 * Rewrites a graph in place so that ONNX Runtime's own `FusedMatMul` becomes standard operators, for runtimes and providers
 * that lack it. Its operands have rank 3, as `batchedMatMul` makes them.
 */
export const expandProducts = (graph: Graph): void => {
  let count = 0;
  const value = (): string => `standard${count++}`;
  const expand = (node: GraphNode, { initializers }: Graph): GraphNode[] => {
    const nodes: GraphNode[] = [];
    const operands = (['A', 'B'] as const).map((side, i) => {
      const perm = permutation(flag(node, `transBatch${side}`), flag(node, `trans${side}`));
      if (perm === undefined) return node.inputs[i]!;
      const turned = value();
      nodes.push(plain('Transpose', [node.inputs[i]!], [turned], { perm }));
      return turned;
    });
    const alpha = factor(node);
    if (alpha === 1) return [...nodes, plain('MatMul', operands, node.outputs)];
    const [product, scale] = [value(), value()];
    initializers.push({ name: scale, dtype: 'float32', shape: [], data: Float32Array.of(alpha) });
    return [...nodes, plain('MatMul', operands, [product]), plain('Mul', [product, scale], node.outputs)];
  };
  const visit = (part: Graph): void => {
    for (const node of part.nodes) bodiesOf(node).forEach(visit);
    part.nodes = part.nodes.flatMap((node) => (node.op === 'FusedMatMul' ? expand(node, part) : [node]));
  };
  visit(graph);
};
