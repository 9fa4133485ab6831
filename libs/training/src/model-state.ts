import { createOptimizerMemory, type FeedTensor, type OptimizerMemory } from '@taxon/compute';
import { parameterShapes, type EncoderConfig, type HeadConfig, type Weights } from '@taxon/models';
import type { PackedBatch } from '@taxon/text';
import { createEmbeddingTable, type EmbeddingTable } from './embedding-table.ts';

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
  /** Updates done. */
  step: number;
}

/**
 * The state at the start of training: a copy of the weights, with moments of zero.
 * @param options `accumulate`: room for updates from several batches
 */
export const createModelState = (
  weights: Weights,
  encoder: EncoderConfig,
  head: HeadConfig,
  options: { accumulate?: boolean } = {},
): ModelState => {
  const shapes = parameterShapes(encoder, head);
  const sizes = Object.fromEntries(
    Object.entries(shapes).map(([name, shape]) => [name, shape.reduce((a, b) => a * b, 1)]),
  );
  const memory = createOptimizerMemory(sizes, options);
  const parameters: Record<string, FeedTensor> = {};
  for (const [name, shape] of Object.entries(shapes)) {
    const { value } = memory.tensors[name]!;
    value.set(weights.parameters[name]!);
    parameters[name] = { shape, data: value };
  }
  const table = (values: Float32Array): EmbeddingTable => createEmbeddingTable(values, encoder.hidden);
  const tables = { words: table(weights.words), positions: table(weights.positions), types: table(weights.types) };
  return { encoder, head, shapes, tables, memory, parameters, step: 0 };
};

/** The weights within a state, sharing its memory. */
export const weightsOf = ({ tables, memory }: ModelState): Weights => ({
  words: tables.words.values,
  positions: tables.positions.values,
  types: tables.types.values,
  parameters: Object.fromEntries(Object.entries(memory.tensors).map(([name, { value }]) => [name, value])),
});

/** word + position + type embeddings of every token, into `into` [T, H]. One text has type 0 throughout. */
export const embedTokens = (
  { tables, encoder: { hidden } }: ModelState,
  batch: PackedBatch,
  into: Float32Array,
): void => {
  const { words, positions, types } = tables;
  for (let token = 0; token < batch.ids.length; token++) {
    const word = batch.ids[token]! * hidden;
    const position = batch.positions[token]! * hidden;
    const at = token * hidden;
    for (let i = 0; i < hidden; i++)
      into[at + i] = words.values[word + i]! + positions.values[position + i]! + types.values[i]!;
  }
};
