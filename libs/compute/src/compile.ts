import type * as tf from '@tensorflow/tfjs-core';
import { engine } from '@tensorflow/tfjs-core';
import type { Dimension, DType, Graph } from './graph.ts';
import './kernels/index.ts';
import { expandProducts } from './expand-products.ts';
import { halveProducts } from './half-products.ts';
import { renameReads } from './loop-bodies.ts';
import { encodeModel } from './onnx-model.ts';
import { orderResults } from './order-results.ts';
import { simplify } from './rewrite.ts';
import { emit, nameOf, traced, withTrace, type Trace } from './trace-backend.ts';

type TracedType = 'float32' | 'int32' | 'bool' | 'int8';

export interface TensorSpec {
  /** Sizes, or names of sizes that the inputs decide when the program runs. */
  shape: readonly Dimension[];
  /** @default 'float32' */
  dtype?: TracedType;
}

export type Signature = Readonly<Record<string, TensorSpec>>;
export type Tensors<Names extends string = string> = Record<Names, tf.Tensor>;

/** One native program: what a traced function computes, as an ONNX model. */
export interface Program {
  readonly graph: Graph;
  /** The model in ONNX's protobuf encoding. */
  encode(): Uint8Array;
}

const tensorFor = (name: string, shape: readonly number[], dtype: TracedType): tf.Tensor =>
  engine().makeTensorFromTensorInfo(traced(name, shape, dtype === 'int8' ? 'int32' : dtype)); // tfjs knows no int8

const declareInputs = ({ builder, symbols }: Trace, signature: Signature): Tensors =>
  Object.fromEntries(
    Object.entries(signature).map(([name, { shape, dtype = 'float32' }]) => {
      builder.graph.inputs.push({ name, dtype, shape });
      const sizes = shape.map((size, axis) => (typeof size === 'number' ? size : symbols.size(size, name, axis)));
      return [name, tensorFor(name, sizes, dtype)];
    }),
  );

/** Gives the results their names by renaming the values themselves: an Identity node would copy them. */
const declareOutputs = ({ builder, symbols }: Trace, results: Tensors): void => {
  const { graph } = builder;
  const fixed = new Set([...graph.inputs, ...graph.initializers].map(({ name }) => name));
  const renamed = new Map<string, string>();
  for (const [key, tensor] of Object.entries(results)) {
    if (fixed.has(key)) throw new RangeError(`output '${key}' has the name of an input`);
    const value = nameOf(tensor);
    const taken = fixed.has(value) || renamed.has(value);
    renamed.set(taken ? nameOf(emit('Identity', [value], tensor.shape, tensor.dtype)) : value, key);
    graph.outputs.push({
      name: key,
      dtype: tensor.dtype as DType,
      shape: tensor.shape.map((size) => symbols.describe(size)),
    });
  }
  for (const node of graph.nodes) {
    renameReads(node, renamed);
    node.outputs = node.outputs.map((name) => renamed.get(name) ?? name);
  }
};

export interface CompileOptions {
  /** In what matrix products are computed: float16 is for GPUs, and wants gradients scaled into its range. @default 'float32' */
  products?: 'float32' | 'float16';
  /** `standard`: no FusedMatMul, which WebGPU has no kernel for. @default 'fused' */
  operators?: 'fused' | 'standard';
}

/**
 * Runs `fn` once on tensors without values and records what it does as one ONNX program.
 * @param fn written in tfjs operations; gradients included. It must not read values.
 * @throws TaxonError `internal` when `fn` reads a value; tfjs's own error names an operation that the tracer lacks
 */
export const compile = (
  fn: (inputs: Tensors) => Tensors,
  signature: Signature,
  { products = 'float32', operators = 'fused' }: CompileOptions = {},
): Program => {
  const graph = withTrace((trace) => {
    declareOutputs(trace, fn(declareInputs(trace, signature)));
    if (operators === 'standard') expandProducts(trace.builder.graph); // before casts: its scaling stays fp32
    if (products === 'float16') halveProducts(trace.builder.graph, trace.builder);
    simplify(trace.builder.graph);
    orderResults(trace.builder.graph);
    return trace.builder.graph;
  });
  return { graph, encode: () => encodeModel(graph) };
};
