import * as tf from '@tensorflow/tfjs-core';
import { TaxonError } from '@taxon/errors';
import { GraphBuilder, type Attribute, type DType, type GraphNode, type TypedArray } from './graph.ts';
import { createSymbolTable, type SymbolTable } from './symbols.ts';

export const traceBackendName = 'taxon-trace';

/** What stands behind a traced tensor: the name of an ONNX value, and its numbers where it is a constant. */
interface TracedValue {
  name: string;
  constant?: TypedArray;
}

/** A tfjs backend that computes nothing: every kernel records ONNX nodes into the trace that is open. */
class TraceBackend extends tf.KernelBackend {
  readonly values = new tf.DataStorage<TracedValue>(this, tf.engine());

  override numDataIds(): number {
    return this.values.numDataIds();
  }
  override floatPrecision(): 32 {
    return 32;
  }
  override epsilon(): number {
    return 1e-7;
  }
  override write(values: tf.BackendValues, shape: number[], dtype: tf.DataType): object {
    const dataId = {};
    this.move(dataId, values, shape, dtype);
    return dataId;
  }
  override move(dataId: object, values: tf.BackendValues, shape: number[], dtype: tf.DataType): void {
    const constant = toTyped(values, dtype);
    const { builder } = currentTrace();
    const name = builder.constant(constant, shape, dtype as DType);
    this.values.set(dataId, { name, constant });
  }
  override readSync(dataId: object): tf.BackendValues {
    const { name, constant } = this.values.get(dataId);
    if (constant !== undefined) return constant as tf.BackendValues;
    throw new TaxonError({
      code: 'internal',
      message: `the value of '${name}' was read while tracing: it is only known when the program runs`,
      hint: 'Keep dataSync(), array() and print() out of compiled functions.',
    });
  }
  override read(dataId: object): Promise<tf.BackendValues> {
    return Promise.resolve(this.readSync(dataId));
  }
  override incRef(): void {
    // names need no counting
  }
  decRef(): void {
    // as above
  }
  override refCount(): number {
    return 1;
  }
  override disposeData(): boolean {
    return true;
  }
  override dispose(): void {
    // nothing is held
  }
  override memory(): { unreliable: boolean } {
    return { unreliable: true };
  }
}

const toTyped = (values: tf.BackendValues, dtype: tf.DataType): TypedArray => {
  if (dtype === 'float32') return Float32Array.from(values as Float32Array);
  if (dtype === 'int32') return Int32Array.from(values as Int32Array);
  if (dtype === 'bool') return Uint8Array.from(values as Uint8Array);
  throw new TaxonError({ code: 'internal', message: `tensors of type '${dtype}' cannot be traced` });
};

export interface Trace {
  builder: GraphBuilder;
  symbols: SymbolTable;
}

let open: Trace | undefined;

export const currentTrace = (): Trace => {
  if (open === undefined)
    throw new TaxonError({ code: 'internal', message: 'no trace is open: call this within compile()' });
  return open;
};

export const isTracing = (): boolean => open !== undefined;

const backend = (): TraceBackend => {
  const { backend: current } = tf.engine();
  if (current instanceof TraceBackend) return current;
  throw new TaxonError({ code: 'internal', message: 'the tracing backend is not the current one' });
};

/** The ONNX name of a traced tensor. */
export const nameOf = (tensor: tf.TensorInfo): string => backend().values.get(tensor.dataId).name;

/** A tensor that stands for the ONNX value `name`. */
export const traced = (name: string, shape: readonly number[], dtype: tf.DataType): tf.TensorInfo => {
  const dataId = {};
  backend().values.set(dataId, { name });
  return { dataId, shape: [...shape], dtype };
};

/** Records one node with one output. Inputs are traced tensors or names. */
export const emit = (
  op: string,
  inputs: readonly (tf.TensorInfo | string)[],
  shape: readonly number[],
  dtype: tf.DataType = 'float32',
  attributes: Record<string, Attribute> = {},
  domain: GraphNode['domain'] = '',
): tf.TensorInfo => {
  const names = inputs.map((input) => (typeof input === 'string' ? input : nameOf(input)));
  return traced(currentTrace().builder.node(op, names, attributes, domain), shape, dtype);
};

const backendName = (): string | undefined =>
  Object.keys(tf.engine().registryFactory).some((name) => name !== traceBackendName) ? tf.getBackend() : undefined;

const begin = (): Trace => {
  if (open !== undefined) throw new TaxonError({ code: 'internal', message: 'traces do not nest' });
  const builder = new GraphBuilder();
  return { builder, symbols: createSymbolTable(builder) };
};

/** Runs `body` with a fresh trace on the tracing backend; the backend that was current before is restored. */
export const withTrace = <Result>(body: (trace: Trace) => Result): Result => {
  const trace = begin();
  const before = backendName();
  if (!(traceBackendName in tf.engine().registryFactory))
    tf.registerBackend(traceBackendName, () => new TraceBackend());
  void tf.setBackend(traceBackendName); // takes effect at once, and cannot fail: the factory is there
  open = trace;
  let result: Result | undefined;
  try {
    tf.tidy(() => {
      result = body(trace); // not returned: tidy would walk through every number of it
    });
    return result as Result;
  } finally {
    open = undefined;
    if (before !== undefined) void tf.setBackend(before);
  }
};
