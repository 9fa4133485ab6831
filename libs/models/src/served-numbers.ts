import type { Signature } from '@taxon/compute';
import type { EncoderConfig } from './encoder-config.ts';
import { bytesOf, scalesOf, type FixedRanges } from './fused-encoder.ts';
import type { HeadConfig } from './head.ts';
import { matrixUnits, type ServedWeights } from './int8-matrix.ts';
import { weightShapes } from './bind-weights.ts';

/** Numbers under the names that a serving program has for them. */
export interface ServedNumbers {
  data: Record<string, Float32Array | Int8Array>;
  shapes: Record<string, number[]>;
  ranges: FixedRanges;
}

/** [rows, a], [rows, b], … → [rows, a + b + …] */
const beside = <Numbers extends Float32Array | Int8Array>(parts: readonly Numbers[], rows: number): Numbers => {
  const width = parts.reduce((sum, { length }) => sum + length / rows, 0);
  const result = (
    parts[0] instanceof Int8Array ? new Int8Array(rows * width) : new Float32Array(rows * width)
  ) as Numbers;
  let offset = 0;
  for (const part of parts) {
    const own = part.length / rows;
    for (let i = 0; i < rows; i++) result.set(part.subarray(i * own, (i + 1) * own), i * width + offset);
    offset += own;
  }
  return result;
};

/** Queries, keys and values side by side; everything else as it is. */
export const servedNumbers = (weights: ServedWeights, config: EncoderConfig, head: HeadConfig): ServedNumbers => {
  const { floats, int8 } = weights;
  const { hidden, vocabulary, layers } = config;
  const own = weightShapes(config, head);
  const data: ServedNumbers['data'] = { ...floats };
  const shapes: ServedNumbers['shapes'] = {};
  const ranges: Record<string, FixedRanges[string]> = {};
  for (const name of Object.keys(floats)) if (own[name] !== undefined) shapes[name] = own[name];
  const put = (name: string, shape: number[], numbers: Float32Array | Int8Array): void => {
    data[name] = numbers;
    shapes[name] = shape;
  };
  for (const { name: unit, weights: names } of matrixUnits({ layers })) {
    const matrices = names.map((name) => int8[name]);
    const name = unit === 'words' ? unit : `${unit}.weight`;
    if (matrices.every((matrix) => matrix !== undefined)) {
      const rows = own[names[0]!]![0]!;
      const bytes = beside(
        matrices.map((matrix) => matrix.bytes),
        rows,
      );
      const scales = beside(
        matrices.map((matrix) => matrix.scales),
        1,
      );
      put(bytesOf(name), [rows, bytes.length / rows], bytes);
      put(scalesOf(name), unit === 'words' ? [vocabulary, 1] : [scales.length], scales);
      ranges[unit] = matrices[0]!.range;
    } else if (names.length > 1) {
      const parts = names.map((part) => floats[part]!);
      const width = parts.reduce((sum, { length }) => sum + length / hidden, 0);
      put(name, [hidden, width], beside(parts, hidden));
    }
    if (names.length < 2) continue;
    const biases = names.map((part) => part.replace(/weight$/, 'bias'));
    const bias = beside(
      biases.map((part) => floats[part]!),
      1,
    );
    put(`${unit}.bias`, [bias.length], bias);
    for (const part of [...names, ...biases]) {
      delete data[part]; // eslint-disable-line @typescript-eslint/no-dynamic-delete -- names of parameters
      delete shapes[part]; // eslint-disable-line @typescript-eslint/no-dynamic-delete -- the same
    }
  }
  return { data, shapes, ranges };
};

/** The numbers as inputs of a program that is being traced; `bindNumbers` makes them part of it. */
export const numberSignature = ({ data, shapes }: ServedNumbers): Signature =>
  Object.fromEntries(
    Object.entries(shapes).map(([name, shape]) => [
      name,
      { shape, dtype: data[name] instanceof Int8Array ? ('int8' as const) : ('float32' as const) },
    ]),
  );
