import { hasExactInt8 } from '@taxon/compute';
import { readModelSource, weightsPath, type ModelSource } from './describe-model-folder.ts';
import { headShapes } from './head.ts';
import { readInt8Matrices } from './int8-file.ts';
import { plainWeights, withInt8, type ServedWeights } from './int8-matrix.ts';
import type { ModelFolder } from './model-folder.ts';
import { openSafetensors, type SafetensorsFile } from './safetensors.ts';
import { checkDigests } from './taxon-json.ts';
import { hasParameters, readDense, readEncoder, readParameters, type Weights } from './weights.ts';

const withFile = async <Result>(path: string, use: (file: SafetensorsFile) => Promise<Result>): Promise<Result> => {
  const file = await openSafetensors(path);
  try {
    return await use(file);
  } finally {
    await file.close();
  }
};

const readHead = async (
  { description: { encoder, head }, dense }: ModelSource,
  file: SafetensorsFile,
  source: string,
): Promise<Record<string, Float32Array>> => {
  if (dense) {
    const path = weightsPath(dense.folder);
    return withFile(path, (denseFile) => readDense(denseFile, dense, path));
  }
  if (head) return readParameters(file, headShapes(head, encoder), source);
  // A plain encoder may bring a pooler that a pooler head can start from.
  const { hidden } = encoder;
  const pooler = { 'pooler.weight': [hidden, hidden], 'pooler.bias': [hidden] };
  return hasParameters(file, pooler) ? readParameters(file, pooler, source) : {};
};

/** The numbers of a model, without a look at their digests. */
export const readWeights = (source: ModelSource): Promise<Weights> => {
  const { encoder, encoderFolder } = source.description;
  const path = weightsPath(encoderFolder);
  return withFile(path, async (file) => {
    const weights = await readEncoder(file, encoder, path);
    Object.assign(weights.parameters, await readHead(source, file, path));
    return weights;
  });
};

/**
 * The numbers of a model as they are served: 8-bit matrices as they are stored, but for processors that have no exact products of
 * bytes; there they are numbers like others.
 */
export const readServedWeights = async (source: ModelSource): Promise<ServedWeights> => {
  const weights = await readWeights(source);
  const { precision, encoder, encoderFolder } = source.description;
  if (precision !== 'int8' || !(await hasExactInt8())) return plainWeights(weights);
  const path = weightsPath(encoderFolder);
  return withInt8(weights, await withFile(path, (file) => readInt8Matrices(file, encoder, path)));
};

/**
 * Reads a model with its numbers: a folder of ours (its digests are checked), a `BertForSequenceClassification`, a
 * sentence-transformers folder of Transformer, Pooling, and Normalize and Dense where there are any, or a plain encoder.
 * @throws TaxonError `not_found` without the folder, `invalid_input` naming the file and what is wrong or unsupported
 */
export const loadModelFolder = async (
  folder: string,
  { signal }: { signal?: AbortSignal } = {},
): Promise<ModelFolder> => {
  const source = await readModelSource(folder);
  if (source.taxon) await checkDigests(folder, source.taxon, signal);
  return { ...source.description, weights: await readWeights(source) };
};
