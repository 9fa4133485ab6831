import type { OptimizerMemory } from '@taxon/compute';
import type { PackedBatch, PackShape } from '@taxon/text';
import { updateCoefficients } from './adamw.ts';
import { RowGradients } from './embedding-table.ts';
import type { ModelState } from './model-state.ts';
import { decays, depthOf } from './programs.ts';
import { tableNames, type TableName } from './trained.ts';
import type { StepOptions } from './training-step.ts';

export type TableGradients = Record<TableName, RowGradients>;

/** Room for the gradients of the rows that an update touches. */
export const tableGradients = ({ tables }: Pick<ModelState, 'tables'>): TableGradients => ({
  words: new RowGradients(tables.words),
  positions: new RowGradients(tables.positions),
  types: new RowGradients(tables.types),
});

/** Adds the gradient of a batch's embeddings [T, H] to the rows that its tokens read. */
export const addRowGradients = (
  batch: PackedBatch,
  gradient: Float32Array,
  rows: TableGradients,
  { rows: R, length }: PackShape,
  hidden: number,
): void => {
  for (let token = 0; token < batch.ids.length; token++) {
    const s = Math.floor(token / R);
    if (batch.segments[(token % R) * length + s]! < 0) continue; // padding learns nothing
    rows.words.add(batch.ids[token]!, gradient, token * hidden);
    rows.positions.add(batch.positions[token]!, gradient, token * hidden);
    rows.types.add(batch.types?.[token] ?? 0, gradient, token * hidden);
  }
};

/** What an update on the host moves. */
export interface HostParameters {
  /** Where the parameters lie; the gradients of all of them count in the norm. */
  memories: readonly OptimizerMemory[];
  /** Of the parameters that learn. */
  names: readonly string[];
  rows: TableGradients;
}

export type HostUpdateOptions = Pick<StepOptions, 'adamw' | 'layerDecay' | 'clipNorm'>;

/** The share of the learning rate that a parameter learns at. */
export const rateShare = (
  name: string,
  { encoder }: Pick<ModelState, 'encoder'>,
  { layerDecay }: Pick<StepOptions, 'layerDecay'>,
): number => layerDecay ** depthOf(name, encoder);

/**
 * Norm, clipping and AdamW on the gradients that lie in memory.
 * @param step this update's number, from 1
 * @returns the norm of the whole gradient before clipping
 */
export const updateOnHost = (
  state: Pick<ModelState, 'tables' | 'encoder'>,
  { memories, names, rows }: HostParameters,
  options: HostUpdateOptions,
  { learningRate, step }: { learningRate: number; step: number },
): number => {
  const { adamw, clipNorm } = options;
  let squaredNorm = 0;
  for (const held of [...memories, ...Object.values(rows)]) squaredNorm += held.squaredNorm();
  const gradientNorm = Math.sqrt(squaredNorm);
  const gradientScale = clipNorm > 0 ? Math.min(1, clipNorm / (gradientNorm + 1e-6)) : 1; // torch's own 1e-6
  const scalars = { learningRate, gradientScale, step };
  for (const name of names)
    memories
      .find(({ tensors }) => name in tensors)!
      .update(name, updateCoefficients(adamw, scalars, rateShare(name, state, options), decays(name)));
  const forTables = updateCoefficients(adamw, scalars, rateShare('embeddings', state, options), true);
  for (const name of tableNames) rows[name].apply(state.tables[name], forTables);
  return gradientNorm;
};
