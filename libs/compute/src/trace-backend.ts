import * as tf from '@tensorflow/tfjs-core';
import { TaxonError } from '@taxon/errors';
import { callerLine } from './caller-line.ts';
import { GraphBuilder, type Attribute, type DType, type GraphNode, type TypedArray } from './graph.ts';
import { createSymbolTable, type SymbolTable } from './symbols.ts';

export const traceBackendName = 'taxon-trace';

/** What stands behind a traced tensor: the name of an ONNX value, and its numbers where it is a constant. */
export interface TracedValue {
  name: string;
  shape: readonly number[];
  dtype: tf.DataType;
  constant?: TypedArray;
  /** What a reshaped value was before: reshaping it again starts from there. */
  reshaped?: Pick<TracedValue, 'name' | 'shape'>;
  /** How many tensors of tfjs stand for it. */
  references: number;
}

/** A tfjs backend that computes nothing: every kernel records ONNX nodes into the trace that is open. */
class TraceBackend extends tf.KernelBackend {
  readonly values = new tf.DataStorage<TracedValue>(this, tf.engine());

  override numDataIds(): number {
    return 0; // names are no memory: tfjs looks for leaks by this count
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
    refuseOpenSize(values, shape);
    const constant = toTyped(values, dtype);
    const { builder } = currentTrace();
    const name = builder.constant(constant, shape, dtype as DType);
    this.values.set(dataId, { name, shape, dtype, constant, references: 1 });
  }
  override readSync(dataId: object): tf.BackendValues {
    const { name, constant } = this.values.get(dataId);
    if (constant !== undefined) return constant as tf.BackendValues;
    throw refusedRead(name);
  }
  override read(dataId: object): Promise<tf.BackendValues> {
    const value = this.values.get(dataId);
    if (value.constant !== undefined) return Promise.resolve(value.constant as tf.BackendValues);
    const trace = currentTrace();
    if (trace.read !== undefined) return trace.read(value);
    // A rejected promise would come too late for compile() to throw it, and unhandled where nobody awaits it.
    trace.failure ??= refusedRead(value.name);
    return new Promise(() => undefined);
  }
  override incRef(dataId: object): void {
    this.values.get(dataId).references++;
  }
  decRef(dataId: object): void {
    this.values.get(dataId).references--;
  }
  override refCount(dataId: object): number {
    return this.values.has(dataId) ? this.values.get(dataId).references : 0;
  }
  override disposeData(dataId: object, force = false): boolean {
    if (!this.values.has(dataId)) return true;
    const value = this.values.get(dataId);
    value.references--;
    if (!force && value.references > 0) return false;
    return this.values.delete(dataId);
  }
  override dispose(): void {
    // nothing is held
  }
  override memory(): { unreliable: boolean } {
    return { unreliable: true };
  }
}

const refusedRead = (name: string): TaxonError =>
  new TaxonError({
    code: 'internal',
    message: `the value of '${name}' was read while tracing${callerLine()}: it is only known when the program runs`,
    hint: 'Keep data(), dataSync(), array(), toString() and print() out of compiled functions.',
  });

export const toTyped = (values: ArrayLike<number> | tf.BackendValues, dtype: tf.DataType): TypedArray => {
  if (dtype === 'float32') return Float32Array.from(values as Float32Array);
  if (dtype === 'int32') return Int32Array.from(values as Int32Array);
  if (dtype === 'bool') return Uint8Array.from(values as Uint8Array);
  throw new TaxonError({ code: 'internal', message: `tensors of type '${dtype}' cannot be traced${callerLine()}` });
};

/** A constant that has taken a size left open for the prime that stands for it while tracing. */
const refuseOpenSize = (values: tf.BackendValues, shape: readonly number[]): void => {
  const { symbols } = currentTrace();
  const taken =
    shape.find((size) => symbols.isSymbolic(size)) ??
    [Number(values[0])].find((value) => shape.length === 0 && symbols.isSymbolic(value));
  if (taken === undefined) return;
  throw new TaxonError({
    code: 'internal',
    message: `the size '${symbols.describe(taken)}', which is left open, was used as a number${callerLine()}`,
    hint: 'Give that axis a number in the signature, or feed what is computed from it as an input. The gradient of mean does this: take sum, and divide.',
  });
};

export interface Trace {
  builder: GraphBuilder;
  symbols: SymbolTable;
  /** What went wrong where it could not be thrown. */
  failure?: TaxonError;
  /** Serves data() and array() within the trace. Only the conformance tests, which trace and run in turns, have it. */
  read?: (value: TracedValue) => Promise<tf.BackendValues>;
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

const valueOf = (tensor: tf.TensorInfo): TracedValue => backend().values.get(tensor.dataId);

/** The ONNX name of a traced tensor. */
export const nameOf = (tensor: tf.TensorInfo): string => valueOf(tensor).name;

/** A tensor that stands for the ONNX value `name`. */
export const traced = (
  name: string,
  shape: readonly number[],
  dtype: tf.DataType,
  reshaped?: TracedValue['reshaped'],
): tf.TensorInfo => {
  const dataId = {};
  backend().values.set(dataId, { name, shape, dtype, reshaped, references: 1 });
  return { dataId, shape: [...shape], dtype };
};

/** The same value as another tensor of tfjs. */
export const alias = (x: tf.TensorInfo): tf.TensorInfo => {
  backend().incRef(x.dataId);
  return { dataId: x.dataId, shape: x.shape, dtype: x.dtype };
};

/** Records a Reshape, of what `x` was before where `x` is a reshaped value itself; none where that has the shape. */
export const reshape = (x: tf.TensorInfo, shape: readonly number[]): tf.TensorInfo => {
  if (x.shape.join() === shape.join()) return alias(x);
  const source = valueOf(x).reshaped ?? valueOf(x);
  if (source.shape.join() === shape.join()) return traced(source.name, shape, x.dtype);
  const { builder, symbols } = currentTrace();
  // Without allowzero a 0 would stand for the size that the input has there.
  const attributes: Record<string, Attribute> = shape.includes(0) ? { allowzero: 1 } : {};
  const name = builder.node('Reshape', [source.name, symbols.shapeOperand(shape)], attributes);
  return traced(name, shape, x.dtype, { name: source.name, shape: source.shape });
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
  const builder = new GraphBuilder();
  if (!(traceBackendName in tf.engine().registryFactory))
    tf.registerBackend(traceBackendName, () => new TraceBackend());
  return { builder, symbols: createSymbolTable(builder) };
};

/** Runs `body` with a fresh trace on the tracing backend; the backend that was current before is restored. */
export const withTrace = <Result>(body: (trace: Trace) => Result): Result => {
  if (open !== undefined) throw new TaxonError({ code: 'internal', message: 'traces do not nest' });
  const before = backendName();
  const trace = begin();
  void tf.setBackend(traceBackendName); // takes effect at once, and cannot fail: the factory is there
  open = trace;
  let result: Result | undefined;
  try {
    tf.tidy(() => {
      result = body(trace); // not returned: tidy would walk through every number of it
    });
    if (trace.failure !== undefined) throw trace.failure;
    return result as Result;
  } finally {
    open = undefined;
    if (before !== undefined) void tf.setBackend(before);
  }
};

/** Replaces the trace that is open by a fresh one, which stays open and serves reads: for the conformance tests. */
export const openReadableTrace = (read: NonNullable<Trace['read']>): Trace => (open = { ...begin(), read });
