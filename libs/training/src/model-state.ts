import { parameterShapes, type EncoderConfig, type HeadConfig, type Weights } from '@taxon/models';
import type { FeedTensor } from '@taxon/compute';
import type { PackedBatch } from '@taxon/text';
import { createEmbeddingTable, type EmbeddingTable } from './embedding-table.ts';

/** Everything that learning changes, and with it all that a checkpoint must hold. */
export interface ModelState {
  readonly encoder: EncoderConfig;
  readonly head: HeadConfig;
  readonly tables: { words: EmbeddingTable; positions: EmbeddingTable; types: EmbeddingTable };
  /** `NAME`, and its moments `m.NAME`, `v.NAME`. */
  parameters: Record<string, FeedTensor>;
  /** Updates done. */
  step: number;
}

/** The state at the start of training: the moments are zero. */
export const createModelState = (weights: Weights, encoder: EncoderConfig, head: HeadConfig): ModelState => {
  const parameters: Record<string, FeedTensor> = {};
  for (const [name, shape] of Object.entries(parameterShapes(encoder, head))) {
    const data = weights.parameters[name];
    if (data === undefined) throw new RangeError(`weights lack '${name}'`);
    parameters[name] = { shape, data };
    for (const moment of ['m.', 'v.']) parameters[moment + name] = { shape, data: new Float32Array(data.length) };
  }
  const table = (values: Float32Array): EmbeddingTable => createEmbeddingTable(values, encoder.hidden);
  return {
    encoder,
    head,
    tables: { words: table(weights.words), positions: table(weights.positions), types: table(weights.types) },
    parameters,
    step: 0,
  };
};

/** The weights within a state, sharing its memory. */
export const weightsOf = ({ tables, parameters, encoder, head }: ModelState): Weights => ({
  words: tables.words.values,
  positions: tables.positions.values,
  types: tables.types.values,
  parameters: Object.fromEntries(
    Object.keys(parameterShapes(encoder, head)).map((name) => [name, parameters[name]!.data as Float32Array]),
  ),
});

/** The weights of a state as a program is fed with them. */
export const parameterFeeds = ({ parameters, encoder, head }: ModelState): Record<string, FeedTensor> =>
  Object.fromEntries(Object.keys(parameterShapes(encoder, head)).map((name) => [name, parameters[name]!]));

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
