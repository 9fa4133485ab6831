import { invalidInput } from '@taxon/errors';
import { encoderShapes } from './encoder.ts';
import type { EncoderConfig } from './encoder-config.ts';
import { headShapes, type HeadConfig } from './head.ts';
import { putKeptHeads, storedShapes, takeKeptHeads } from './kept-heads.ts';
import type { SafetensorsFile, StoredTensor } from './safetensors.ts';

/** All numbers of a model. Embedding tables stand apart: training updates only the rows that a batch touches. */
export interface Weights {
  /** [vocabulary, hidden] */
  words: Float32Array;
  /** [positions, hidden] */
  positions: Float32Array;
  /** [types, hidden] */
  types: Float32Array;
  /** By the names of `encoderShapes` and `headShapes`; matrices are [in, out]. */
  parameters: Record<string, Float32Array>;
}

export const parameterShapes = (config: EncoderConfig, head?: HeadConfig): Record<string, number[]> => ({
  ...encoderShapes(config),
  ...(head === undefined ? {} : headShapes(head, config)),
});

/** Row-major [rows, columns] → [columns, rows]. */
const transpose = (data: Float32Array, rows: number, columns: number): Float32Array => {
  const result = new Float32Array(data.length);
  for (let i = 0; i < rows; i++) for (let j = 0; j < columns; j++) result[j * rows + i] = data[i * columns + j]!;
  return result;
};

const modules: Record<string, string> = {
  query: 'attention.self.query',
  key: 'attention.self.key',
  value: 'attention.self.value',
  output: 'attention.output.dense',
  attentionNorm: 'attention.output.LayerNorm',
  up: 'intermediate.dense',
  down: 'output.dense',
  outputNorm: 'output.LayerNorm',
};

/** Our parameter's name in a Hugging Face BERT checkpoint, without the `bert.` prefix. PyTorch stores matrices [out, in]. */
export const huggingFaceName = (name: string): string => {
  const suffix = (leaf: string): string => ({ gamma: 'weight', beta: 'bias' })[leaf] ?? leaf;
  const parts = name.split('.');
  if (parts[0] === 'embeddings') return `embeddings.LayerNorm.${suffix(parts[2]!)}`;
  if (parts[0] === 'layer') return `encoder.layer.${parts[1]!}.${modules[parts[2]!]!}.${suffix(parts[3]!)}`;
  if (name === 'predictions.bias') return 'cls.predictions.bias';
  if (parts[0] === 'predictions')
    return `cls.predictions.transform.${parts[1] === 'norm' ? 'LayerNorm' : parts[1]!}.${suffix(parts[2]!)}`;
  if (parts[0] === 'pooler') return `pooler.dense.${parts[1]!}`;
  return name;
};

/** The encoder's tables in a checkpoint. */
export const tableNames = {
  words: 'embeddings.word_embeddings.weight',
  positions: 'embeddings.position_embeddings.weight',
  types: 'embeddings.token_type_embeddings.weight',
} as const;

const expectShape = (found: readonly number[], expected: readonly number[], name: string, source: string): void => {
  if (found.join() !== expected.join())
    throw invalidInput(
      `${source}: tensor '${name}' is [${found.join(', ')}]; its config says [${expected.join(', ')}]`,
    );
};

/** Checkpoints prefix the encoder by `bert.` or not at all; very old ones name LayerNorm's numbers gamma and beta. */
export const locate = (file: SafetensorsFile, name: string): string | undefined =>
  [name, `bert.${name}`]
    .flatMap((full) => [
      full,
      full.replace(/LayerNorm\.weight$/, 'LayerNorm.gamma').replace(/LayerNorm\.bias$/, 'LayerNorm.beta'),
    ])
    .find((candidate) => file.has(candidate));

/**
 * Reads named parameters from a checkpoint.
 * @throws TaxonError `invalid_input` naming the tensor that is missing or of another shape
 */
export const readParameters = async (
  file: SafetensorsFile,
  shapes: Readonly<Record<string, readonly number[]>>,
  source: string,
): Promise<Record<string, Float32Array>> => {
  const parameters: Record<string, Float32Array> = {};
  for (const [name, shape] of Object.entries(shapes)) {
    const located = locate(file, huggingFaceName(name));
    if (located === undefined) throw invalidInput(`${source}: tensor '${huggingFaceName(name)}' is missing`);
    const stored = await file.read(located);
    expectShape(stored.shape, shape.length === 2 ? [...shape].reverse() : shape, located, source);
    parameters[name] = shape.length === 2 ? transpose(stored.data, shape[1]!, shape[0]!) : stored.data;
  }
  return parameters;
};

export const hasParameters = (file: SafetensorsFile, shapes: Readonly<Record<string, readonly number[]>>): boolean =>
  Object.keys(shapes).every((name) => locate(file, huggingFaceName(name)) !== undefined);

/** The linear layer of a sentence-transformers Dense module, as the head's classifier. */
export const readDense = async (
  file: SafetensorsFile,
  { inputs, outputs, bias }: { inputs: number; outputs: number; bias: boolean },
  source: string,
): Promise<Record<string, Float32Array>> => {
  const weight = await file.read('linear.weight');
  expectShape(weight.shape, [outputs, inputs], 'linear.weight', source);
  const shift = bias ? await file.read('linear.bias') : { shape: [outputs], data: new Float32Array(outputs) };
  expectShape(shift.shape, [outputs], 'linear.bias', source);
  return { 'classifier.weight': transpose(weight.data, outputs, inputs), 'classifier.bias': shift.data };
};

export const readEncoder = async (file: SafetensorsFile, config: EncoderConfig, source: string): Promise<Weights> => {
  const table = async (name: string, rows: number): Promise<Float32Array> => {
    const located = locate(file, name);
    if (located === undefined) throw invalidInput(`${source}: tensor '${name}' is missing`);
    const stored = await file.read(located);
    expectShape(stored.shape, [rows, config.hidden], located, source);
    return stored.data;
  };
  return {
    words: await table(tableNames.words, config.vocabulary),
    positions: await table(tableNames.positions, config.positions),
    types: await table(tableNames.types, config.types),
    parameters: takeKeptHeads(await readParameters(file, storedShapes(config), source), config),
  };
};

/** Encoder tensors under Hugging Face's names. */
export const encoderTensors = (weights: Weights, config: EncoderConfig, prefix = ''): Map<string, StoredTensor> => {
  const { hidden } = config;
  const tensors = new Map<string, StoredTensor>([
    [prefix + tableNames.words, { shape: [config.vocabulary, hidden], data: weights.words }],
    [prefix + tableNames.positions, { shape: [config.positions, hidden], data: weights.positions }],
    [prefix + tableNames.types, { shape: [config.types, hidden], data: weights.types }],
  ]);
  for (const [name, tensor] of parameterTensors(putKeptHeads(weights.parameters, config), storedShapes(config)))
    tensors.set(prefix + name, tensor);
  return tensors;
};

/** Parameters under Hugging Face's names, matrices turned to [out, in]. */
export const parameterTensors = (
  parameters: Readonly<Record<string, Float32Array>>,
  shapes: Readonly<Record<string, readonly number[]>>,
): Map<string, StoredTensor> =>
  new Map(
    Object.entries(shapes).map(([name, shape]) => {
      const data = parameters[name]!;
      const tensor =
        shape.length === 2
          ? { shape: [...shape].reverse(), data: transpose(data, shape[0]!, shape[1]!) }
          : { shape: [...shape], data };
      return [huggingFaceName(name), tensor];
    }),
  );
