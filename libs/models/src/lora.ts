import { attentionWidth, type EncoderConfig } from './encoder-config.ts';
import type { Weights } from './weights.ts';

// Low-rank adaptation (Hu et al. 2021): a matrix W stays as it is and learns by what is added to it, W + (α/r)·A·B,
// where A [in, r] and B [r, out] are small.

/** The matrices of a layer. */
export const layerMatrices = ['query', 'key', 'value', 'output', 'up', 'down'] as const;
export type LayerMatrix = (typeof layerMatrices)[number];

export interface Lora {
  /** r: columns of A and rows of B. */
  rank: number;
  /** α: what is added is A·B times α/r. */
  alpha: number;
  targets: readonly LayerMatrix[];
  /** The first layer that has them. @default 0 */
  begin?: number;
}

/** Names under which a weight's two matrices stand among the parameters. */
export const loraNames = (weight: string): { a: string; b: string } => ({
  a: `${weight}.loraA`,
  b: `${weight}.loraB`,
});

export const isLora = (name: string): boolean => /\.lora[AB]$/.test(name);

/** Shapes of the low-rank matrices, by name. */
export const loraShapes = (config: EncoderConfig, { rank, targets, begin = 0 }: Lora): Record<string, number[]> => {
  const { layers, hidden, intermediate } = config;
  const shapes: Record<string, number[]> = {};
  for (let i = begin; i < layers; i++)
    for (const target of layerMatrices.filter((matrix) => targets.includes(matrix))) {
      const { a, b } = loraNames(`layer.${i}.${target}.weight`);
      const width = attentionWidth(config, i);
      const inputs: Partial<Record<LayerMatrix, number>> = { down: intermediate, output: width };
      const outputs: typeof inputs = { up: intermediate, query: width, key: width, value: width };
      shapes[a] = [inputs[target] ?? hidden, rank];
      shapes[b] = [rank, outputs[target] ?? hidden];
    }
  return shapes;
};

/** W ← W + scale·A·B for one matrix, row by row. */
const addProduct = (weight: Float32Array, a: Float32Array, b: Float32Array, rank: number, scale: number): void => {
  const columns = b.length / rank;
  const sum = new Float64Array(columns);
  for (let row = 0; row < a.length / rank; row++) {
    sum.fill(0);
    for (let k = 0; k < rank; k++) {
      const factor = scale * a[row * rank + k]!;
      for (let j = 0; j < columns; j++) sum[j]! += factor * b[k * columns + j]!;
    }
    for (let j = 0; j < columns; j++) weight[row * columns + j]! += sum[j]!;
  }
};

/** Adds what the low-rank matrices learned to their weights, in place, and sets B to 0: the model computes what it did. */
export const mergeLora = (
  { parameters }: Pick<Weights, 'parameters'>,
  { rank, alpha }: Pick<Lora, 'rank' | 'alpha'>,
): void => {
  for (const [name, weight] of Object.entries(parameters)) {
    const { a, b } = loraNames(name);
    if (parameters[a] === undefined || parameters[b] === undefined) continue;
    addProduct(weight, parameters[a], parameters[b], rank, alpha / rank);
    parameters[b].fill(0);
  }
};
