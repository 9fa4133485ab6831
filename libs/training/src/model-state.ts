import { createOptimizerMemory, type FeedTensor, type OptimizerMemory } from '@taxon/compute';
import { int8Names, parameterShapes, type EncoderConfig, type HeadConfig, type Weights } from '@taxon/models';
import type { PackedBatch } from '@taxon/text';
import { int8Weights } from './programs.ts';
import { createEmbeddingTable, type EmbeddingTable } from './embedding-table.ts';

/** In what the products of a training step are computed. */
export type Precision = 'fp32' | 'int8';

/** Everything that learning changes, and with it all that a checkpoint must hold. */
export interface ModelState {
  readonly encoder: EncoderConfig;
  readonly head: HeadConfig;
  readonly shapes: Readonly<Record<string, number[]>>;
  readonly tables: Readonly<Record<'words' | 'positions' | 'types', EmbeddingTable>>;
  /** Value, moments and gradient of every parameter behind the tables. */
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
}

/**
 * The state at the start of training: a copy of the weights, with moments of zero.
 * @param options `precision`: int8 keeps int8 forms of the weights
 */
export const createModelState = (
  weights: Weights,
  encoder: EncoderConfig,
  head: HeadConfig,
  { precision = 'fp32' }: { precision?: Precision } = {},
): ModelState => {
  const shapes = parameterShapes(encoder, head);
  const sizes = Object.fromEntries(
    Object.entries(shapes).map(([name, shape]) => [name, shape.reduce((a, b) => a * b, 1)]),
  );
  const names = precision === 'int8' ? int8Weights(encoder) : [];
  const int8Shapes = Object.fromEntries(names.map((name) => [name, shapes[name] as [number, number]]));
  const memory = createOptimizerMemory(sizes, { int8: int8Shapes });
  const parameters: Record<string, FeedTensor> = {};
  for (const [name, shape] of Object.entries(shapes)) {
    const { value } = memory.tensors[name]!;
    value.set(weights.parameters[name]!);
    parameters[name] = { shape, data: value };
  }
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
  const table = (values: Float32Array): EmbeddingTable => createEmbeddingTable(values, encoder.hidden);
  const tables = { words: table(weights.words), positions: table(weights.positions), types: table(weights.types) };
  return { encoder, head, shapes, tables, memory, parameters, precision, int8, int8Weights: names, step: 0 };
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
