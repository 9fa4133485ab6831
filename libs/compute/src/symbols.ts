import type { GraphBuilder } from './graph.ts';

/**
 * Sizes that are unknown while tracing. tfjs needs every shape as numbers, so each symbol is given a large prime; a
 * traced dimension then factors into symbols and a constant, and shape operands are computed at run time from the
 * inputs that carry the symbols. Primes above any real size keep the factoring unambiguous.
 */
const primes = [1_000_003, 1_000_033, 1_000_037, 1_000_039, 1_000_081, 1_000_099];

export interface SymbolTable {
  /** Tracing size of a symbol; the first input axis that carries it is where its value is read at run time. */
  size(symbol: string, input: string, axis: number): number;
  isSymbolic(dimension: number): boolean;
  /** Names a traced dimension for the ONNX signature: a symbol, a product such as `rows_length`, or a plain size. */
  describe(dimension: number): number | string;
  /** An int64 operand that holds `shape`, constant where it can be. */
  shapeOperand(shape: readonly number[]): string;
}

interface SymbolEntry {
  name: string;
  prime: number;
  input: string;
  axis: number;
}

interface Factored {
  constant: number;
  factors: SymbolEntry[];
}

export const createSymbolTable = (builder: GraphBuilder): SymbolTable => {
  const entries: SymbolEntry[] = [];
  const cache = new Map<string, string>();
  const memo = (key: string, make: () => string): string => {
    const known = cache.get(key) ?? builder.outermost(make);
    cache.set(key, known);
    return known;
  };

  const factor = (dimension: number): Factored => {
    const factors: SymbolEntry[] = [];
    let constant = dimension;
    for (const entry of entries)
      while (constant > 0 && constant % entry.prime === 0) {
        factors.push(entry);
        constant /= entry.prime;
      }
    return { constant, factors };
  };

  /** [1] int64: one dimension at run time. */
  const dimensionOperand = (dimension: number): string => {
    const { constant, factors } = factor(dimension);
    if (factors.length === 0) return builder.int64(dimension);
    return memo(`dimension ${dimension}`, () => {
      const values = factors.map(({ name, input, axis }) =>
        memo(`symbol ${name}`, () => {
          const shape = memo(`shape ${input}`, () => builder.node('Shape', [input]));
          return builder.node('Gather', [shape, builder.int64(axis)], { axis: 0 });
        }),
      );
      if (constant !== 1) values.push(builder.int64(constant));
      return values.reduce((product, value) => builder.node('Mul', [product, value]));
    });
  };

  return {
    size(symbol, input, axis) {
      const known = entries.find((entry) => entry.name === symbol);
      if (known !== undefined) return known.prime;
      const prime = primes[entries.length];
      if (prime === undefined)
        throw new RangeError(`a signature holds at most ${primes.length} symbols; '${symbol}' is one more`);
      entries.push({ name: symbol, prime, input, axis });
      return prime;
    },
    isSymbolic: (dimension) => factor(dimension).factors.length > 0,
    describe(dimension) {
      const { constant, factors } = factor(dimension);
      if (factors.length === 0) return dimension;
      return [...factors.map(({ name }) => name), ...(constant === 1 ? [] : [String(constant)])].join('_');
    },
    shapeOperand(shape) {
      if (!shape.some((dimension) => factor(dimension).factors.length > 0)) return builder.int64(...shape);
      return memo(`shape of ${shape.join()}`, () => {
        const parts = shape.map(dimensionOperand);
        return parts.length === 1 ? parts[0]! : builder.node('Concat', parts, { axis: 0 });
      });
    },
  };
};
