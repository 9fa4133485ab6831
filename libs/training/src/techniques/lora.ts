import type { Random } from '@taxon/data';
import { normal } from '../initial-head.ts';

// LoRA (Hu et al. 2022): a matrix W [in, out] stays as it is, and what is learnt is W + scale·A·B, A [in, rank], B [rank, out].

export interface LoraPair {
  /** [in, rank] */
  a: Float32Array;
  /** [rank, out] */
  b: Float32Array;
}

/** The factor on A·B: α/rank, so that the rank can be changed without a new learning rate. */
export const loraScale = (alpha: number, rank: number): number => alpha / rank;

export const loraShapes = (
  [rows, columns]: readonly [number, number],
  rank: number,
): Record<keyof LoraPair, number[]> => ({
  a: [rows, rank],
  b: [rank, columns],
});

/** A is normal with a variance of 1/in, B is 0: the model starts as it was. */
export const initialLora = (shape: readonly [number, number], rank: number, random: Random): LoraPair => {
  const [rows, columns] = shape;
  const deviation = 1 / Math.sqrt(rows);
  return {
    a: Float32Array.from({ length: rows * rank }, () => deviation * normal(random)),
    b: new Float32Array(rank * columns),
  };
};

/** Adds scale·A·B to W in place; a negative scale takes it out again, but for rounding. */
export const mergeLora = (
  weight: Float32Array,
  { a, b }: LoraPair,
  [rows, columns]: readonly [number, number],
  scale: number,
): void => {
  const rank = a.length / rows;
  const row = new Float64Array(columns);
  for (let i = 0; i < rows; i++) {
    row.fill(0);
    for (let k = 0; k < rank; k++) {
      const factor = a[i * rank + k]!;
      for (let j = 0; j < columns; j++) row[j]! += factor * b[k * columns + j]!;
    }
    for (let j = 0; j < columns; j++) weight[i * columns + j]! += scale * row[j]!;
  }
};
