import type { UpdateCoefficients } from '@taxon/compute';

/**
 * An embedding table that learns lazily: a step reads and updates only the rows that its batch touches (as
 * torch.optim.SparseAdam does), since of 30,000 words a batch holds a few hundred.
 */
export interface EmbeddingTable {
  /** [rows, width] */
  values: Float32Array;
  /** Moments; empty where the table is not trained. */
  m: Float32Array;
  v: Float32Array;
  readonly width: number;
}

export const createEmbeddingTable = (values: Float32Array, width: number, trained = true): EmbeddingTable => ({
  values,
  m: new Float32Array(trained ? values.length : 0),
  v: new Float32Array(trained ? values.length : 0),
  width,
});

/** Gradients of the rows touched since the last update. */
export class RowGradients {
  readonly #width: number;
  readonly #slotOf: Int32Array;
  readonly #rows: number[] = [];
  #sums: Float32Array;

  constructor({ values, width }: EmbeddingTable) {
    this.#width = width;
    this.#slotOf = new Int32Array(values.length / width).fill(-1);
    this.#sums = new Float32Array(256 * width);
  }

  /** Adds `gradient[offset, offset + width)` to a row. */
  add(row: number, gradient: Float32Array, offset: number): void {
    const width = this.#width;
    let slot = this.#slotOf[row]!;
    if (slot < 0) {
      slot = this.#slotOf[row] = this.#rows.push(row) - 1;
      if ((slot + 1) * width > this.#sums.length) {
        const larger = new Float32Array(2 * this.#sums.length);
        larger.set(this.#sums);
        this.#sums = larger;
      }
      this.#sums.fill(0, slot * width, (slot + 1) * width);
    }
    const sums = this.#sums;
    const at = slot * width;
    for (let i = 0; i < width; i++) sums[at + i]! += gradient[offset + i]!;
  }

  squaredNorm(): number {
    let sum = 0;
    for (let i = 0; i < this.#rows.length * this.#width; i++) sum += this.#sums[i]! ** 2;
    return sum;
  }

  /** AdamW on the touched rows; clears them. */
  apply({ values, m, v, width }: EmbeddingTable, coefficients: UpdateCoefficients): void {
    const { beta1, first, beta2, second, rate, epsilon, keep } = coefficients;
    this.#rows.forEach((row, slot) => {
      for (let i = 0; i < width; i++) {
        const at = row * width + i;
        const gradient = this.#sums[slot * width + i]!;
        const nextM = beta1 * m[at]! + first * gradient;
        const nextV = beta2 * v[at]! + second * gradient * gradient;
        m[at] = nextM;
        v[at] = nextV;
        values[at] = keep * values[at]! - (rate * nextM) / (Math.sqrt(nextV) + epsilon);
      }
      this.#slotOf[row] = -1;
    });
    this.#rows.length = 0;
  }
}
