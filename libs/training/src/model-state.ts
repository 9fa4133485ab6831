import { createOptimizerMemory, type FeedTensor, type OptimizerMemory } from '@taxon/compute';
import { createRandom } from '@taxon/data';
import {
  int8Names,
  isLora,
  loraNames,
  loraShapes,
  parameterShapes,
  type EncoderConfig,
  type HeadConfig,
  type Lora,
  type Weights,
} from '@taxon/models';
import type { PackedBatch } from '@taxon/text';
import { int8Weights } from './programs.ts';
import { createEmbeddingTable, type EmbeddingTable } from './embedding-table.ts';
import { normal } from './normal.ts';
import type { WeightAverage } from './techniques/weight-average.ts';
import { trainedNames, type Learning, type TableName } from './trained.ts';

/** In what the products of a training step are computed. */
export type Precision = 'fp32' | 'int8';

/** Everything that learning changes, and with it all that a checkpoint must hold. */
export interface ModelState {
  readonly encoder: EncoderConfig;
  readonly head: HeadConfig;
  readonly shapes: Readonly<Record<string, number[]>>;
  readonly tables: Readonly<Record<TableName, EmbeddingTable>>;
  /** Names of the parameters and tables that learn. The others have no moments and no gradient, and stay as they are. */
  readonly trained: ReadonlySet<string>;
  /** Layers that stay as they are, counted from the embeddings. A step and a forward pass may begin behind them. */
  readonly freeze: number;
  /** The low-rank matrices among the parameters, if there are any. */
  readonly lora?: Lora;
  /** Value of every parameter behind the tables, moments and gradient of every one that learns. */
  readonly memory: OptimizerMemory;
  /** The parameters as a program is fed with them. */
  readonly parameters: Readonly<Record<string, FeedTensor>>;
  readonly precision: Precision;
  /** The int8 forms as a program is fed with them; empty where all is fp32. */
  readonly int8: Readonly<Record<string, FeedTensor>>;
  /** Weights that have an int8 form. */
  readonly int8Weights: readonly string[];
  /** Updates done. */
  step: number;
  /** What is evaluated and saved in place of the weights, where they are averaged over the run. */
  average?: WeightAverage;
}

export interface ModelStateOptions extends Learning {
  /** int8: keeps int8 forms of the weights. @default 'fp32' */
  precision?: Precision;
  /** Of the low-rank matrices. @default 0 */
  seed?: number;
}

/** A starts small and random (standard deviation 1/√inputs), B at 0: at first they add nothing. */
const initializeLora = (memory: OptimizerMemory, shapes: Record<string, number[]>, seed: number): void => {
  const random = createRandom(seed);
  for (const name of Object.keys(memory.tensors)) {
    const { a } = loraNames(name);
    const matrix = memory.tensors[a]?.value;
    const deviation = 1 / Math.sqrt(shapes[a]?.[0] ?? 1);
    matrix?.forEach((_, i) => (matrix[i] = deviation * normal(random)));
  }
};

/** The state at the start of training: a copy of the weights, with moments of zero. */
export const createModelState = (
  weights: Weights,
  encoder: EncoderConfig,
  head: HeadConfig,
  { precision = 'fp32', freeze = 0, lora, seed = 0 }: ModelStateOptions = {},
): ModelState => {
  const shapes = {
    ...parameterShapes(encoder, head),
    ...(lora === undefined ? {} : loraShapes(encoder, { ...lora, begin: freeze })),
  };
  const trained = trainedNames(Object.keys(shapes), encoder, { freeze, lora });
  const sizes = Object.fromEntries(
    Object.entries(shapes).map(([name, shape]) => [name, shape.reduce((a, b) => a * b, 1)]),
  );
  const names = precision === 'int8' ? int8Weights(encoder) : [];
  const int8Shapes = Object.fromEntries(names.map((name) => [name, shapes[name] as [number, number]]));
  const memory = createOptimizerMemory(sizes, { int8: int8Shapes, trained });
  const parameters: Record<string, FeedTensor> = {};
  for (const [name, shape] of Object.entries(shapes)) {
    const { value } = memory.tensors[name]!;
    if (!isLora(name)) value.set(weights.parameters[name]!);
    parameters[name] = { shape, data: value };
  }
  initializeLora(memory, shapes, seed);
  const int8: Record<string, FeedTensor> = {};
  for (const name of names) {
    const [rows, columns] = shapes[name] as [number, number];
    const form = memory.tensors[name]!.int8!;
    const keys = int8Names(name);
    int8[keys.byColumn] = { shape: [rows, columns], data: form.byColumn };
    int8[keys.columnScales] = { shape: [columns], data: form.columnScales };
    int8[keys.byRow] = { shape: [rows, columns], data: form.byRow };
    int8[keys.rowScales] = { shape: [rows], data: form.rowScales };
  }
  const table = (name: TableName): EmbeddingTable =>
    createEmbeddingTable(weights[name], encoder.hidden, trained.has(name));
  const tables = { words: table('words'), positions: table('positions'), types: table('types') };
  const what = { encoder, head, shapes, trained, freeze, lora: lora && { ...lora, begin: freeze }, precision };
  return { ...what, tables, memory, parameters, int8, int8Weights: names, step: 0 };
};

/** The weights within a state, sharing its memory. */
export const weightsOf = ({ tables, memory }: ModelState): Weights => ({
  words: tables.words.values,
  positions: tables.positions.values,
  types: tables.types.values,
  parameters: Object.fromEntries(Object.entries(memory.tensors).map(([name, { value }]) => [name, value])),
});

/** word + position + type embeddings of every token, into `into` [T, H]. */
export const embedTokens = (
  { tables, encoder: { hidden } }: ModelState,
  batch: PackedBatch,
  into: Float32Array,
): void => {
  const { words, positions, types } = tables;
  for (let token = 0; token < batch.ids.length; token++) {
    const word = batch.ids[token]! * hidden;
    const position = batch.positions[token]! * hidden;
    const type = batch.types === undefined ? 0 : batch.types[token]! * hidden;
    const at = token * hidden;
    for (let i = 0; i < hidden; i++)
      into[at + i] = words.values[word + i]! + positions.values[position + i]! + types.values[type + i]!;
  }
};
