import { join, resolve } from 'node:path';
import { z } from 'zod';
import type { EncoderConfig } from './encoder-config.ts';
import { encoderJson } from './encoder-json.ts';
import { readOptionalJson } from './read-json.ts';
import { replaceFolder } from './replace-folder.ts';
import { scaleName, writeSafetensors, type StoredTensor, type WritableTensor } from './safetensors.ts';
import { copyTokenizer } from './tokenizer-files.ts';
import { encoderTensors, parameterTensors, type Weights } from './weights.ts';
import { writeEncoderModules } from './write-sentence-modules.ts';
import { writeJson } from './write-json.ts';

/** An encoder without a classifier. */
export interface SavableEncoder {
  encoder: EncoderConfig;
  /** A pooler among the parameters is written, too. */
  weights: Weights;
  pooling: 'mean' | 'cls';
  normalize: boolean;
  /** Longest text in tokens, special tokens included. */
  maxLength: number;
  /** `int8`: matrices in 8 bits with a scale a row, a quarter of the size; read back as floats. @default 'float32' */
  storage?: 'float32' | 'int8';
}

/** A matrix as bytes and the scales of its rows; vectors as they are. */
const inBytes = ([name, { shape, data }]: [string, StoredTensor]): [string, WritableTensor][] => {
  if (shape.length !== 2) return [[name, { shape, data }]];
  const [rows, columns] = shape as [number, number];
  const bytes = new Int8Array(data.length);
  const scales = new Float32Array(rows);
  for (let row = 0; row < rows; row++) {
    const own = data.subarray(row * columns, (row + 1) * columns);
    const scale = own.reduce((most, x) => Math.max(most, Math.abs(x)), 0) / 127; // symmetric: −128 is never used
    scales[row] = scale;
    if (scale > 0) own.forEach((x, i) => (bytes[row * columns + i] = Math.round(x / scale)));
  }
  return [
    [name, { shape, data: bytes }],
    [scaleName(name), { shape: [rows, 1], data: scales }],
  ];
};

/** What `readModelSource` needs of a folder, and so what says that it is one. */
const marker = 'config.json';

/**
 * Writes an encoder's folder, as `AutoModel` and sentence-transformers (Transformer, Pooling, Normalize where asked for) load it. Whole or
 * not at all; another encoder's folder in its place is replaced.
 * @param tokenizerFrom folder whose tokenizer, and whose further keys of `config.json`, the encoder takes over
 * @throws TaxonError as `saveModelFolder` does
 */
export const saveEncoderFolder = async (
  folder: string,
  { encoder, weights, pooling, normalize, maxLength, storage = 'float32' }: SavableEncoder,
  { tokenizerFrom }: { tokenizerFrom: string },
): Promise<void> => {
  const source = resolve(tokenizerFrom);
  await replaceFolder(folder, { marker, keep: [] }, async (fresh) => {
    const base = (await readOptionalJson(join(source, 'config.json'), z.looseObject({}))) ?? {};
    await writeJson(join(fresh, 'config.json'), encoderJson(base, encoder, 'BertModel'));
    await copyTokenizer(source, fresh, maxLength);
    const { hidden } = encoder;
    const pooler = weights.parameters['pooler.weight'] && {
      'pooler.weight': [hidden, hidden],
      'pooler.bias': [hidden],
    };
    const tensors = [...encoderTensors(weights, encoder), ...parameterTensors(weights.parameters, pooler ?? {})];
    const stored = new Map(storage === 'int8' ? tensors.flatMap(inBytes) : tensors);
    await writeSafetensors(join(fresh, 'model.safetensors'), stored);
    await writeEncoderModules(fresh, { encoder, pooling, normalize, maxLength });
  });
};
