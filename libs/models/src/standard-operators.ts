import type { Program } from '@taxon/compute';

type Graph = Program['graph'];
type Node = Graph['nodes'][number];

const flag = ({ attributes }: Node, name: string): boolean => attributes[name] === 1;

const factor = ({ attributes }: Node): number => {
  const { alpha } = attributes;
  return typeof alpha === 'object' && 'float' in alpha ? alpha.float : 1;
};

/** The axes of a rank-3 operand of FusedMatMul in MatMul's order; undefined where they are that already. */
const permutation = (batchSecond: boolean, transposed: boolean): number[] | undefined => {
  if (batchSecond) return transposed ? [1, 2, 0] : [1, 0, 2];
  return transposed ? [0, 2, 1] : undefined;
};

/**
 * Rewrites a graph in place so that any ONNX runtime reads it: ONNX Runtime's own operators become standard ones, which
 * its optimizer fuses again when it loads them. Outputs that nothing reads go, since they stand in the way of fusion.
 * Operands of `FusedMatMul` have rank 3, as `batchedMatMul` makes them.
 */
export const useStandardOperators = (graph: Graph): void => {
  let count = 0;
  const value = (): string => `standard${count++}`;
  const plain = (op: string, inputs: string[], outputs: string[], attributes: Node['attributes'] = {}): Node => ({
    op,
    domain: '',
    inputs,
    outputs,
    attributes,
  });

  const expandProduct = (node: Node): Node[] => {
    const nodes: Node[] = [];
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
    graph.initializers.push({ name: scale, dtype: 'float32', shape: [], data: Float32Array.of(alpha) });
    return [...nodes, plain('MatMul', operands, [product]), plain('Mul', [product, scale], node.outputs)];
  };

  const read = new Set([...graph.nodes.flatMap(({ inputs }) => inputs), ...graph.outputs.map(({ name }) => name)]);
  graph.nodes = graph.nodes.flatMap((node): Node[] => {
    if (node.op === 'FusedMatMul') return expandProduct(node);
    if (node.op === 'Gelu') return [plain('Gelu', node.inputs, node.outputs)];
    if (node.op !== 'LayerNormalization') return [node];
    const [first, ...rest] = node.outputs;
    return [rest.some((name) => read.has(name)) ? node : { ...node, outputs: [first!] }];
  });
};
