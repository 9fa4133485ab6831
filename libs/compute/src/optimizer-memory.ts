import { TaxonError } from '@taxon/errors';
import { optimizerWasmBase64 } from './gen/optimizer-wasm.ts';

/** What AdamW keeps of one tensor, each array of the tensor's size. */
export interface OptimizedTensor {
  value: Float32Array;
  /** First moment. */
  m: Float32Array;
  /** Second moment. */
  v: Float32Array;
  /** Where a program writes the gradient. */
  gradient: Float32Array;
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

/** All trainable tensors, in memory that the WebAssembly kernels update in place. */
export interface OptimizerMemory {
  readonly tensors: Readonly<Record<string, OptimizedTensor>>;
  /** Squared norm of all gradients. */
  squaredNorm(): number;
  update(name: string, coefficients: UpdateCoefficients): void;
  /** Adds the gradients to sums (`first` starts them), for updates from several batches. */
  accumulate(first: boolean): void;
  /** Puts the sums in the gradients' place. */
  takeSums(): void;
}

/** Exports of assembly/optimizer.ts; pointers are bytes, lengths vectors of four floats. */
interface Kernels {
  squaredNorm(x: number, vectors: number): number;
  addTo(sum: number, x: number, vectors: number): void;
  adamw(
    value: number,
    m: number,
    v: number,
    gradient: number,
    vectors: number,
    ...coefficients: [number, number, number, number, number, number, number]
  ): void;
}

interface Place {
  shard: Shard;
  size: number;
  vectors: number;
  value: number;
  m: number;
  v: number;
  gradient: number;
  /** 0 without accumulation. */
  sum: number;
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

/** Names dealt to shards in order, each as full as it may be. */
const deal = (sizes: Readonly<Record<string, number>>, arrays: number): string[][] => {
  const shards: string[][] = [];
  let bytes = Infinity;
  for (const [name, size] of Object.entries(sizes)) {
    const need = arrays * (Math.ceil(size / 4) * alignment);
    if (bytes + need > largestShard) {
      shards.push([]);
      bytes = 0;
    }
    shards.at(-1)!.push(name);
    bytes += need;
  }
  return shards;
};

/**
 * @param sizes elements of each tensor
 * @param options `accumulate`: room for gradient sums, too
 * @throws TaxonError `resource_exhausted`
 */
export const createOptimizerMemory = (
  sizes: Readonly<Record<string, number>>,
  { accumulate = false }: { accumulate?: boolean } = {},
): OptimizerMemory => {
  const module = new WebAssembly.Module(Buffer.from(optimizerWasmBase64, 'base64'));
  const arrays = accumulate ? 5 : 4;
  const places = new Map<string, Place>();
  for (const names of deal(sizes, arrays)) {
    const vectorsOf = (name: string): number => Math.ceil(sizes[name]! / 4);
    const total = names.reduce((sum, name) => sum + arrays * alignment * vectorsOf(name), page);
    const shard = createShard(module, total);
    let next = page; // the first page stays free: a null pointer must not be a tensor
    const take = (vectors: number): number => {
      const at = next;
      next += vectors * alignment;
      return at;
    };
    for (const name of names) {
      const vectors = vectorsOf(name);
      const [value, m, v, gradient] = [take(vectors), take(vectors), take(vectors), take(vectors)];
      places.set(name, {
        shard,
        size: sizes[name]!,
        vectors,
        value,
        m,
        v,
        gradient,
        sum: accumulate ? take(vectors) : 0,
      });
    }
  }
  const view = ({ shard, size }: Place, at: number): Float32Array => new Float32Array(shard.memory.buffer, at, size);
  return {
    tensors: Object.fromEntries(
      [...places].map(([name, place]) => [
        name,
        {
          value: view(place, place.value),
          m: view(place, place.m),
          v: view(place, place.v),
          gradient: view(place, place.gradient),
        },
      ]),
    ),
    squaredNorm() {
      let sum = 0;
      for (const { shard, gradient, vectors } of places.values()) sum += shard.kernels.squaredNorm(gradient, vectors);
      return sum;
    },
    update(name, { beta1, first, beta2, second, rate, epsilon, keep }) {
      const { shard, vectors, value, m, v, gradient } = places.get(name)!;
      shard.kernels.adamw(value, m, v, gradient, vectors, beta1, first, beta2, second, rate, epsilon, keep);
    },
    accumulate(first) {
      for (const place of places.values()) {
        if (first) view(place, place.sum).fill(0);
        place.shard.kernels.addTo(place.sum, place.gradient, place.vectors);
      }
    },
    takeSums() {
      for (const place of places.values()) view(place, place.gradient).set(view(place, place.sum));
    },
  };
};
