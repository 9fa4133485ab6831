import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { invalidInput } from '@taxon/errors';
import { int8File } from './describe-model-folder.ts';
import { fromFloat16, toFloat16 } from './float16.ts';
import { headShapes } from './head.ts';
import { int8Tensors } from './int8-file.ts';
import type { ServedWeights } from './int8-matrix.ts';
import type { SavableModel } from './model-folder.ts';
import { storeFloat16 } from './onnx-float16.ts';
import { traceQuantizedModel } from './onnx-int8.ts';
import { traceOnnxModel } from './onnx-export.ts';
import { writeSafetensors, type StoredTensor, type WritableTensor } from './safetensors.ts';
import { encoderTensors, parameterTensors } from './weights.ts';

/** A form of a model's numbers that takes less room than fp32. */
export type CompressedNumbers = { precision: 'float16' } | { precision: 'int8'; weights: ServedWeights };

/** Bytes that a model's numbers take: of fp32 where nothing else is said. */
export const bytesOfWeights = ({ floats, int8 }: ServedWeights, precision?: 'float16'): number => {
  const width = precision === 'float16' ? 2 : 4;
  const plain = Object.values(floats).reduce((sum, { length }) => sum + width * length, 0);
  return Object.values(int8).reduce((sum, { bytes, scales }) => sum + bytes.length + 4 * scales.length, plain);
};

/** Numbers as float16 keeps them. */
export const halveWeights = ({ floats, int8 }: ServedWeights): ServedWeights => ({
  floats: Object.fromEntries(Object.entries(floats).map(([name, data]) => [name, fromFloat16(toFloat16(data))])),
  int8,
});

/** Tensors of `model.safetensors`; those of a dense head stand in its module. */
const tensorsOf = ({ encoder, head, weights }: SavableModel): Map<string, StoredTensor> => {
  if (head.kind === 'dense') return encoderTensors(weights, encoder);
  const tensors = encoderTensors(weights, encoder, prefixOf(head.kind));
  for (const [name, tensor] of parameterTensors(weights.parameters, headShapes(head, encoder)))
    tensors.set(name.startsWith('pooler') ? `bert.${name}` : name, tensor);
  return tensors;
};

const prefixOf = (kind: SavableModel['head']['kind']): string => (kind === 'pooler' ? 'bert.' : '');

const halved = (tensors: Map<string, StoredTensor>): Map<string, WritableTensor> =>
  new Map(
    Array.from(tensors, ([name, { shape, data }]) => {
      const bits = toFloat16(data);
      const at = bits.findIndex((half, i) => (half & 0x7fff) === 0x7c00 && Number.isFinite(data[i]));
      if (at >= 0) throw invalidInput(`tensor '${name}' holds ${data[at]!}; float16 ends at 65,504`);
      return [name, { shape, data: bits }];
    }),
  );

/** Writes the numbers that loading reads. */
export const writeNumbers = async (
  folder: string,
  model: SavableModel,
  compressed: CompressedNumbers | undefined,
): Promise<void> => {
  const tensors = tensorsOf(model);
  if (compressed === undefined) await writeSafetensors(join(folder, 'model.safetensors'), tensors);
  else if (compressed.precision === 'float16')
    await writeSafetensors(join(folder, 'model.safetensors'), halved(tensors));
  else {
    const bytes = int8Tensors(compressed.weights.int8, model.encoder, prefixOf(model.head.kind));
    await writeSafetensors(join(folder, int8File), new Map<string, WritableTensor>([...tensors, ...bytes]));
  }
};

/** Writes the ONNX file for others, under the name that Hugging Face's tools know. */
export const writeOnnx = async (
  folder: string,
  model: SavableModel,
  compressed: CompressedNumbers | undefined,
): Promise<void> => {
  await mkdir(join(folder, 'onnx'));
  if (compressed?.precision === 'int8')
    return writeFile(
      join(folder, 'onnx', 'model_quantized.onnx'),
      traceQuantizedModel(model, compressed.weights).encode(),
    );
  const program = traceOnnxModel(model);
  if (compressed) storeFloat16(program);
  await writeFile(join(folder, 'onnx', compressed ? 'model_fp16.onnx' : 'model.onnx'), program.encode());
};
