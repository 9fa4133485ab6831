import type { Graph, GraphBuilder, GraphNode } from './graph.ts';
import { bodiesOf } from './loop-bodies.ts';

// Matrix products are what a GPU's half-precision units are for, and nearly all of a step's work; everything else keeps fp32.
// As a rewrite it covers the backward pass, too, whose products no model function writes. `simplify` shares the casts
// afterwards: the activations that the forward pass rounded are what the weight's gradient is computed from.

const products = new Set(['MatMul', 'Gemm', 'FusedMatMul']);

/** TensorProto.DataType */
const float16 = 10;
const float32 = 1;

const cast = (from: string, into: string, to: number): GraphNode => ({
  op: 'Cast',
  domain: '',
  inputs: [from],
  outputs: [into],
  attributes: { to },
});

/** Lets every matrix product round its operands to float16 and give its result in it; in place, in loops' bodies, too. */
export const halveProducts = (graph: Graph, builder: Pick<GraphBuilder, 'fresh'>): void => {
  for (const node of graph.nodes) bodiesOf(node).forEach((body) => halveProducts(body, builder));
  graph.nodes = graph.nodes.flatMap((node) => {
    if (!products.has(node.op)) return [node];
    const inputs = node.inputs.map(() => builder.fresh('h'));
    const output = builder.fresh('h');
    return [
      ...node.inputs.map((name, i) => cast(name, inputs[i]!, float16)),
      { ...node, inputs, outputs: [output] },
      cast(output, node.outputs[0]!, float32),
    ];
  });
};
