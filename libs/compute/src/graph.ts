/** Element types that a graph can hold. Numbers of float16 stand as their bits, in a Uint16Array. */
export type DType = 'float32' | 'float16' | 'int32' | 'int64' | 'uint32' | 'int8' | 'uint8' | 'bool';

export type TypedArray = Float32Array | Uint16Array | Int32Array | BigInt64Array | Uint32Array | Int8Array | Uint8Array;

/** A dimension is a size, or the name of a size that is only known when the program runs. */
export type Dimension = number | string;

export interface ValueInfo {
  name: string;
  dtype: DType;
  shape: readonly Dimension[];
  /** A list of such tensors instead of one. */
  sequence?: true;
}

export interface Initializer {
  name: string;
  dtype: DType;
  shape: readonly number[];
  data: TypedArray;
}

/**
 * `{ float: 1 }` marks an attribute that is a float even where its value is a whole number; `graph` is the body of a loop,
 * whose nodes may read what the graphs around it computed before.
 */
export type Attribute = number | string | readonly number[] | { float: number } | { graph: Graph };

export interface GraphNode {
  op: string;
  /** '' is ONNX's default operator set. */
  domain: '' | 'com.microsoft';
  inputs: string[];
  outputs: string[];
  attributes: Readonly<Record<string, Attribute>>;
}

/** A program as data: ONNX nodes in execution order. */
export interface Graph {
  inputs: ValueInfo[];
  outputs: ValueInfo[];
  nodes: GraphNode[];
  initializers: Initializer[];
}

/** Constants up to this many bytes are shared between nodes that want the same value. */
const largestSharedConstant = 256;

const emptyGraph = (): Graph => ({ inputs: [], outputs: [], nodes: [], initializers: [] });

/** Collects nodes while a function is traced. Names are unique across a program and the bodies of its loops. */
export class GraphBuilder {
  /** The program's own graph, which holds the constants of all bodies, too. */
  readonly graph: Graph = emptyGraph();
  #current = this.graph;
  readonly #shared = new Map<string, string>();
  #count = 0;

  fresh(prefix: string): string {
    return `${prefix}${this.#count++}`;
  }

  node(
    op: string,
    inputs: string[],
    attributes: Record<string, Attribute> = {},
    domain: GraphNode['domain'] = '',
    outputs: string[] = [this.fresh('v')],
  ): string {
    this.#current.nodes.push({ op, domain, inputs, outputs, attributes });
    return outputs[0]!;
  }

  /** Sends the nodes that `body` records to a graph of their own, to become a loop's. */
  nested(body: (graph: Graph) => void): Graph {
    return this.#within(emptyGraph(), body);
  }

  /** Sends the nodes that `body` records to the program's own graph: computed once, and seen by every loop's body. */
  outermost<Result>(body: () => Result): Result {
    let result: Result | undefined;
    this.#within(this.graph, () => (result = body()));
    return result as Result;
  }

  #within(graph: Graph, body: (graph: Graph) => void): Graph {
    const before = this.#current;
    this.#current = graph;
    try {
      body(graph);
    } finally {
      this.#current = before;
    }
    return graph;
  }

  constant(data: TypedArray, shape: readonly number[], dtype: DType): string {
    const key = data.byteLength <= largestSharedConstant ? `${dtype}[${shape.join()}]${data.join()}` : undefined;
    const known = key === undefined ? undefined : this.#shared.get(key);
    if (known !== undefined) return known;
    const name = this.fresh('c');
    this.graph.initializers.push({ name, dtype, shape, data });
    if (key !== undefined) this.#shared.set(key, name);
    return name;
  }

  int64(...values: number[]): string {
    return this.constant(BigInt64Array.from(values, BigInt), [values.length], 'int64');
  }

  float(value: number): string {
    return this.constant(Float32Array.of(value), [], 'float32');
  }
}
