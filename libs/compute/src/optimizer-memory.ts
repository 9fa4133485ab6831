import { TaxonError } from '@taxon/errors';
import { optimizerWasmBase64 } from './gen/optimizer-wasm.ts';

/** What is kept of one tensor, each array of the tensor's size; of one that is not trained only the value, the other three are empty. */
export interface OptimizedTensor {
  value: Float32Array;
  /** First moment. */
  m: Float32Array;
  /** Second moment. */
  v: Float32Array;
  /** Where a program writes the gradient. */
  gradient: Float32Array;
  /** Of the matrices that are kept in int8, too. */
  int8?: Int8Form;
}

/** A matrix [K, N] in int8: value ≈ byColumn · columnScales ≈ rowScales · byRow. As fresh as the last `quantize`. */
export interface Int8Form {
  /** [K, N] */
  byColumn: Int8Array;
  /** [N] */
  columnScales: Float32Array;
  /** [K, N] */
  byRow: Int8Array;
  /** [K] */
  rowScales: Float32Array;
}

/** Coefficients of one update: m ← β₁m + first·g; v ← β₂v + second·g²; θ ← keep·θ − rate·m / (√v + ε). */
export interface UpdateCoefficients {
  beta1: number;
  first: number;
  beta2: number;
  second: number;
  rate: number;
  epsilon: number;
  keep: number;
}

/** All tensors of a model, in memory that the WebAssembly kernels update in place. */
export interface OptimizerMemory {
  readonly tensors: Readonly<Record<string, OptimizedTensor>>;
  /** What all arrays together take. */
  readonly bytes: number;
  /** Squared norm of all gradients. */
  squaredNorm(): number;
  /**
   * Moments and values, and of a matrix that has one the int8 form.
   * @throws RangeError for a tensor that is not trained
   */
  update(name: string, coefficients: UpdateCoefficients): void;
  /** Writes every int8 form anew from its values. */
  quantize(): void;
}

/** Exports of assembly/optimizer.ts; pointers are bytes, lengths vectors of four floats. */
interface Kernels {
  squaredNorm(x: number, vectors: number): number;
  adamw(
    value: number,
    m: number,
    v: number,
    gradient: number,
    vectors: number,
    ...coefficients: [number, number, number, number, number, number, number]
  ): void;
  quantize(
    value: number,
    rows: number,
    columns: number,
    byColumn: number,
    columnScales: number,
    byRow: number,
    rowScales: number,
  ): void;
}

interface Place {
  shard: Shard;
  size: number;
  vectors: number;
  value: number;
  /** Absent where the tensor is not trained. */
  learning?: LearningPlace;
  int8?: Int8Place;
}

interface LearningPlace {
  m: number;
  v: number;
  gradient: number;
}

interface Int8Place {
  rows: number;
  columns: number;
  byColumn: number;
  columnScales: number;
  byRow: number;
  rowScales: number;
}

interface Shard {
  memory: WebAssembly.Memory;
  kernels: Kernels;
}

const page = 65_536;
/** A WebAssembly memory holds 4 GiB; tensors of larger models are spread over several. */
const largestShard = 2 ** 31;
const alignment = 16;

const createShard = (module: WebAssembly.Module, bytes: number): Shard => {
  try {
    const memory = new WebAssembly.Memory({ initial: Math.ceil(bytes / page) });
    const { exports } = new WebAssembly.Instance(module, { env: { memory } });
    return { memory, kernels: exports as unknown as Kernels };
  } catch (cause) {
    throw new TaxonError({
      code: 'resource_exhausted',
      message: `no memory for the optimizer: ${Math.round(bytes / 2 ** 20)} MiB`,
      hint: 'Free memory, or take a smaller encoder.',
      cause,
    });
  }
};

export interface OptimizerMemoryOptions {
  /** Matrices [K, N] that are kept in int8, too; N is a multiple of 16. */
  int8?: Readonly<Record<string, readonly [rows: number, columns: number]>>;
  /** The tensors that have moments and a gradient. @default all */
  trained?: ReadonlySet<string>;
}

/** Hands out aligned places, one after another, and knows how much was asked for. */
const createArena = (): { take(bytes: number): number; readonly used: number } => {
  let used = page; // the first page stays free: a null pointer must not be a tensor
  return {
    take(bytes) {
      const at = used;
      used += Math.ceil(bytes / alignment) * alignment;
      return at;
    },
    get used() {
      return used;
    },
  };
};

type Arena = ReturnType<typeof createArena>;

const placeInt8 = (arena: Arena, [rows, columns]: readonly [number, number]): Int8Place => ({
  rows,
  columns,
  byColumn: arena.take(rows * columns),
  columnScales: arena.take(4 * columns),
  byRow: arena.take(rows * columns),
  rowScales: arena.take(4 * rows),
});

const placeTensor = (
  arena: Arena,
  name: string,
  size: number,
  options: OptimizerMemoryOptions,
): Omit<Place, 'shard'> => {
  const take = (): number => arena.take(4 * size);
  const matrix = options.int8?.[name];
  return {
    size,
    vectors: Math.ceil(size / 4),
    value: take(),
    ...(options.trained?.has(name) === false ? {} : { learning: { m: take(), v: take(), gradient: take() } }),
    ...(matrix === undefined ? {} : { int8: placeInt8(arena, matrix) }),
  };
};

/** Every tensor's place, in order, each shard as full as it may be. */
const placeTensors = (sizes: Readonly<Record<string, number>>, options: OptimizerMemoryOptions): Map<string, Place> => {
  const module = new WebAssembly.Module(Buffer.from(optimizerWasmBase64, 'base64'));
  const places = new Map<string, Place>();
  let arena = createArena();
  let waiting: [string, Omit<Place, 'shard'>][] = [];
  const fill = (): void => {
    const shard = createShard(module, arena.used);
    for (const [name, place] of waiting) places.set(name, { ...place, shard });
    arena = createArena();
    waiting = [];
  };
  for (const [name, size] of Object.entries(sizes)) {
    if (waiting.length > 0 && arena.used + 6 * 4 * size > largestShard) fill(); // 6: never less than a tensor's arrays
    waiting.push([name, placeTensor(arena, name, size, options)]);
  }
  fill();
  return places;
};

const quantizeTensor = ({ shard, value, int8 }: Place): void => {
  if (int8 === undefined) return;
  const { rows, columns, byColumn, columnScales, byRow, rowScales } = int8;
  shard.kernels.quantize(value, rows, columns, byColumn, columnScales, byRow, rowScales);
};

/**
 * @param sizes elements of each tensor
 * @throws TaxonError `resource_exhausted`
 */
export const createOptimizerMemory = (
  sizes: Readonly<Record<string, number>>,
  options: OptimizerMemoryOptions = {},
): OptimizerMemory => {
  const places = placeTensors(sizes, options);
  const view = ({ shard, size }: Place, at: number | undefined): Float32Array =>
    at === undefined ? new Float32Array() : new Float32Array(shard.memory.buffer, at, size);
  const int8View = ({ shard: { memory } }: Place, at: Int8Place): Int8Form => ({
    byColumn: new Int8Array(memory.buffer, at.byColumn, at.rows * at.columns),
    columnScales: new Float32Array(memory.buffer, at.columnScales, at.columns),
    byRow: new Int8Array(memory.buffer, at.byRow, at.rows * at.columns),
    rowScales: new Float32Array(memory.buffer, at.rowScales, at.rows),
  });
  return {
    tensors: Object.fromEntries(
      [...places].map(([name, place]) => [
        name,
        {
          value: view(place, place.value),
          m: view(place, place.learning?.m),
          v: view(place, place.learning?.v),
          gradient: view(place, place.learning?.gradient),
          ...(place.int8 === undefined ? {} : { int8: int8View(place, place.int8) }),
        },
      ]),
    ),
    bytes: [...new Set([...places.values()].map(({ shard }) => shard))].reduce(
      (sum, { memory }) => sum + memory.buffer.byteLength,
      0,
    ),
    squaredNorm() {
      let sum = 0;
      for (const { shard, learning, vectors } of places.values())
        if (learning !== undefined) sum += shard.kernels.squaredNorm(learning.gradient, vectors);
      return sum;
    },
    update(name, { beta1, first, beta2, second, rate, epsilon, keep }) {
      const place = places.get(name)!;
      const { shard, vectors, value, learning } = place;
      if (learning === undefined) throw new RangeError(`'${name}' is not trained: it has no moments`);
      const { m, v, gradient } = learning;
      shard.kernels.adamw(value, m, v, gradient, vectors, beta1, first, beta2, second, rate, epsilon, keep);
      quantizeTensor(place); // now, while the values are still in the processor's caches
    },
    quantize() {
      for (const place of places.values()) quantizeTensor(place);
    },
  };
};
