import { invalidInput } from '@taxon/errors';
import type { EncoderConfig } from './encoder-config.ts';
import { putHeads, takeHeads } from './kept-heads.ts';
import { matrixUnits, type Int8Matrix, type ServedWeights } from './int8-matrix.ts';
import { scaleName, type SafetensorsFile, type WritableTensor } from './safetensors.ts';
import { huggingFaceName, locate, tableNames } from './weights.ts';

// A matrix in 8 bits takes the place of the fp32 one, under its name: `NAME.weight` int8 [out, in] and `NAME.weight_scale` [out, 1];
// where the range of its inputs is fixed, `NAME.input_scale` and `NAME.input_zero_point` [1]. Names as in compressed-tensors.

const storedName = (name: string): string => (name === 'words' ? tableNames.words : huggingFaceName(name));

const biasName = (name: string): string => name.replace(/weight$/, 'bias');

const inputName = (name: string, part: 'scale' | 'zero_point'): string => name.replace(/weight$/, `input_${part}`);

/** Row-major [rows, columns] → [columns, rows]. */
const transpose = (bytes: Int8Array, rows: number, columns: number): Int8Array => {
  const result = new Int8Array(bytes.length);
  for (let i = 0; i < rows; i++) for (let j = 0; j < columns; j++) result[j * rows + i] = bytes[i * columns + j]!;
  return result;
};

/** The tensors of a model's 8-bit matrices; parameters are turned to [out, in]. */
export const int8Tensors = (
  int8: ServedWeights['int8'],
  config: EncoderConfig,
  prefix = '',
): Map<string, WritableTensor> => {
  const tensors = new Map<string, WritableTensor>();
  for (const [name, matrix] of Object.entries(int8)) {
    const stored = prefix + storedName(name);
    const bytes = putHeads(name, matrix.bytes, config);
    const scales = putHeads(biasName(name), matrix.scales, config); // one an output, as biases are
    const { range } = matrix;
    const columns = bytes.length / scales.length;
    const data = name === 'words' ? bytes : transpose(bytes, columns, scales.length);
    tensors.set(stored, { shape: [scales.length, columns], data });
    tensors.set(scaleName(stored), { shape: [scales.length, 1], data: scales });
    if (range === undefined) continue;
    tensors.set(inputName(stored, 'scale'), { shape: [1], data: Float32Array.of(range.scale) });
    tensors.set(inputName(stored, 'zero_point'), { shape: [1], data: Float32Array.of(range.zero) });
  }
  return tensors;
};

const readMatrix = async (
  file: SafetensorsFile,
  name: string,
  config: EncoderConfig,
  source: string,
): Promise<Int8Matrix | undefined> => {
  const stored = locate(file, storedName(name));
  if (stored === undefined || !file.isBytes(stored)) return undefined;
  const { shape, bytes, scales } = await file.readBytes(stored);
  const [rows, columns] = shape as [number, number];
  const matrix = {
    bytes: name === 'words' ? bytes : takeHeads(name, transpose(bytes, rows, columns), config),
    scales: takeHeads(biasName(name), scales, config),
  };
  if (!file.has(inputName(stored, 'scale'))) return matrix;
  const [scale, zero] = await Promise.all(
    (['scale', 'zero_point'] as const).map(async (part) => (await file.read(inputName(stored, part))).data[0]!),
  );
  if (!(scale! > 0 && Number.isInteger(zero) && zero! >= 0 && zero! <= 255))
    throw invalidInput(`${source}: the input range of '${stored}' is scale ${scale}, zero point ${zero}`);
  return { ...matrix, range: { scale: scale!, zero: zero! } };
};

/** The matrices that a file holds in 8 bits. Those that share their inputs are all so, or none. */
export const readInt8Matrices = async (
  file: SafetensorsFile,
  config: EncoderConfig,
  source: string,
): Promise<ServedWeights['int8']> => {
  const int8: ServedWeights['int8'] = {};
  for (const { name: unit, weights } of matrixUnits(config)) {
    const found: [string, Int8Matrix][] = [];
    for (const name of weights) {
      const matrix = await readMatrix(file, name, config, source);
      if (matrix !== undefined) found.push([name, matrix]);
    }
    if (found.length > 0 && found.length < weights.length)
      throw invalidInput(`${source}: ${unit} is in 8 bits in part: ${found.map(([name]) => name).join(', ')}`);
    Object.assign(int8, Object.fromEntries(found));
  }
  return int8;
};
