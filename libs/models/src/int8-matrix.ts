import type { FixedRange } from '@taxon/compute';
import type { EncoderConfig } from './encoder-config.ts';
import type { Weights } from './weights.ts';

/** A matrix in 8 bits. */
export interface Int8Matrix {
  /** Parameters [in, out]: W ≈ bytes · scales, a scale for each output. Word embeddings [vocabulary, hidden]: a scale a row. */
  bytes: Int8Array;
  scales: Float32Array;
  /** Of the matrix's inputs; absent: each row of them has its own. */
  range?: FixedRange;
}

/** A model's numbers, some of them in 8 bits. */
export interface ServedWeights {
  /** Tables and parameters by their names, but for those that are in 8 bits. */
  floats: Record<string, Float32Array>;
  /** By the names of parameters, and `words`. */
  int8: Record<string, Int8Matrix>;
}

/** A part of the encoder that is compressed or kept float as a whole. */
export interface MatrixUnit {
  /** `words`, `layer.0.qkv`, `layer.0.output`, `layer.0.up`, `layer.0.down`, … */
  name: string;
  /** Its parameters; they share their inputs. */
  weights: string[];
}

/** All that can be in 8 bits: products of the layers, and the words' table. Normalisations, positions and the head stay float. */
export const matrixUnits = ({ layers }: Pick<EncoderConfig, 'layers'>): MatrixUnit[] => [
  { name: 'words', weights: ['words'] },
  ...Array.from({ length: layers }, (_, i) => [
    { name: `layer.${i}.qkv`, weights: ['query', 'key', 'value'].map((part) => `layer.${i}.${part}.weight`) },
    ...['output', 'up', 'down'].map((part) => ({ name: `layer.${i}.${part}`, weights: [`layer.${i}.${part}.weight`] })),
  ]).flat(),
];

/** Symmetric: −128 is never used. */
const largest = 127;

/** Bytes of a [rows, columns] matrix; `scaleOf` tells which scale a number belongs to. */
const round = (
  data: Float32Array,
  columns: number,
  count: number,
  scaleOf: (row: number, column: number) => number,
): Int8Matrix => {
  const scales = new Float32Array(count);
  const rows = data.length / columns;
  for (let i = 0; i < rows; i++)
    for (let j = 0; j < columns; j++) {
      const at = scaleOf(i, j);
      scales[at] = Math.max(scales[at]!, Math.abs(data[i * columns + j]!));
    }
  for (let at = 0; at < count; at++) scales[at] = scales[at]! / largest;
  const bytes = new Int8Array(data.length);
  for (let i = 0; i < rows; i++)
    for (let j = 0; j < columns; j++) {
      const scale = scales[scaleOf(i, j)]!;
      bytes[i * columns + j] = scale === 0 ? 0 : Math.round(data[i * columns + j]! / scale);
    }
  return { bytes, scales };
};

/** [in, out], a scale for each output. */
export const quantizeByColumn = (data: Float32Array, columns: number): Int8Matrix =>
  round(data, columns, columns, (_, column) => column);

/** [rows, columns], a scale for each row. */
export const quantizeByRow = (data: Float32Array, columns: number): Int8Matrix =>
  round(data, columns, data.length / columns, (row) => row);

export const plainWeights = ({ parameters, ...tables }: Weights): ServedWeights => ({
  floats: { ...parameters, ...tables },
  int8: {},
});

/** A model's numbers with those matrices taken from their 8-bit forms. */
export const withInt8 = (weights: Weights, int8: ServedWeights['int8']): ServedWeights => {
  const { floats } = plainWeights(weights);
  return { floats: Object.fromEntries(Object.entries(floats).filter(([name]) => int8[name] === undefined)), int8 };
};

export interface QuantizeOptions {
  /** Names of units that stay float. */
  keepFloat?: ReadonlySet<string>;
  /** Ranges of the inputs by unit; absent: each row of the inputs has its own. */
  ranges?: Readonly<Record<string, FixedRange>>;
}

/** A model's numbers with its matrices in 8 bits. */
export const quantizeWeights = (
  weights: Weights,
  config: EncoderConfig,
  { keepFloat = new Set(), ranges = {} }: QuantizeOptions = {},
): ServedWeights => {
  const { floats } = plainWeights(weights);
  const int8: Record<string, Int8Matrix> = {};
  const outputs = (name: string): number => floats[name.replace(/weight$/, 'bias')]!.length;
  for (const { name: unit, weights: names } of matrixUnits(config)) {
    if (keepFloat.has(unit)) continue;
    for (const name of names) {
      const data = floats[name]!;
      const matrix = name === 'words' ? quantizeByRow(data, config.hidden) : quantizeByColumn(data, outputs(name));
      int8[name] = { ...matrix, ...(ranges[unit] && { range: ranges[unit] }) };
    }
  }
  return withInt8(weights, int8);
};
