import type { Graph, GraphNode } from './graph.ts';

/** The bodies that a node carries: one for a loop, none for all others. */
export const bodiesOf = ({ attributes }: GraphNode): Graph[] =>
  Object.values(attributes).flatMap((value) => (typeof value === 'object' && 'graph' in value ? [value.graph] : []));

/** Every value that a node reads; of a loop also what its body reads, from outside or within. */
export const readsOf = (node: GraphNode): string[] => [
  ...node.inputs,
  ...bodiesOf(node).flatMap((body) => body.nodes.flatMap(readsOf)),
];

/** Lets a node, and the bodies that it carries, read other values. */
export const renameReads = (node: GraphNode, names: ReadonlyMap<string, string>): void => {
  node.inputs = node.inputs.map((name) => names.get(name) ?? name);
  for (const body of bodiesOf(node)) for (const inner of body.nodes) renameReads(inner, names);
};
