import type { FeedTensor } from '@taxon/compute';
import type { EncoderConfig } from '@taxon/models';
import * as tf from '@tensorflow/tfjs-core';
import type { ModelState } from './model-state.ts';
import { decays, depthOf } from './programs.ts';
import { tableNames } from './trained.ts';

// On a device, where every operation is a kernel to launch, the optimizer wants one long tensor instead of a hundred: all
// parameters lie in one, and so do their moments. The embedding tables stand below each other in another.

/** The parts of AdamW's state: value, first and second moment. */
export const parts = ['value', 'm', 'v'] as const;
export type Part = (typeof parts)[number];

export interface FlatParameter {
  name: string;
  shape: readonly number[];
  offset: number;
  size: number;
}

/** A run of parameters whose rate and decay are the same. */
export interface FlatGroup {
  depth: number;
  decays: boolean;
  size: number;
}

export interface FlatLayout {
  parameters: readonly FlatParameter[];
  groups: readonly FlatGroup[];
  /** Numbers in all. */
  size: number;
}

/** Where each parameter lies; those of one group side by side. */
export const flatLayout = (shapes: Readonly<Record<string, number[]>>, encoder: EncoderConfig): FlatLayout => {
  const groups = new Map<string, FlatGroup & { names: string[] }>();
  for (const name of Object.keys(shapes)) {
    const [depth, decay] = [depthOf(name, encoder), decays(name)];
    const key = `${depth} ${decay}`;
    const group = groups.get(key) ?? { depth, decays: decay, size: 0, names: [] };
    groups.set(key, group);
    group.names.push(name);
    group.size += tf.util.sizeFromShape(shapes[name]!);
  }
  let size = 0;
  const parameters = [...groups.values()].flatMap(({ names }) =>
    names.map((name) => {
      const parameter = { name, shape: shapes[name]!, offset: size, size: tf.util.sizeFromShape(shapes[name]!) };
      size += parameter.size;
      return parameter;
    }),
  );
  return { parameters, groups: [...groups.values()], size };
};

/** What the groups' rates and decays multiply the learning rate by, [2, groups]. */
export const groupShares = ({ groups }: FlatLayout, layerDecay: number, weightDecay: number): FeedTensor => {
  const rates = groups.map(({ depth }) => layerDecay ** depth);
  const decay = groups.map((group, i) => (group.decays ? rates[i]! * weightDecay : 0));
  return { shape: [2, groups.length], data: Float32Array.from([...rates, ...decay]) };
};

/** First row of each table in the one that holds all, and the row below them that no token reads: what is left over goes there. */
export interface TableRows {
  words: number;
  positions: number;
  types: number;
  spare: number;
}

export const tableRows = ({ vocabulary, positions, types }: EncoderConfig): TableRows => ({
  words: 0,
  positions: vocabulary,
  types: vocabulary + positions,
  spare: vocabulary + positions + types,
});

const hostPart = { value: 'values', m: 'm', v: 'v' } as const;

/** Names of the two tensors that hold a part. */
export const stateNames = (part: Part): { flat: string; table: string } => ({
  flat: `flat.${part}`,
  table: `table.${part}`,
});

/** The host's state as a device's: per part [P] and [rows, H]. */
export const flatten = ({ memory, tables, encoder }: ModelState, layout: FlatLayout): Record<string, FeedTensor> => {
  const rows = tableRows(encoder);
  const state: Record<string, FeedTensor> = {};
  for (const part of parts) {
    const flat = new Float32Array(layout.size);
    for (const { name, offset } of layout.parameters) flat.set(memory.tensors[name]![part], offset);
    const table = new Float32Array((rows.spare + 1) * encoder.hidden);
    for (const name of tableNames) table.set(tables[name][hostPart[part]], rows[name] * encoder.hidden);
    const names = stateNames(part);
    state[names.flat] = { shape: [layout.size], data: flat };
    state[names.table] = { shape: [rows.spare + 1, encoder.hidden], data: table };
  }
  return state;
};

/** Writes a device's state back into the host's. */
export const unflatten = (
  { memory, tables, encoder }: ModelState,
  layout: FlatLayout,
  state: Readonly<Record<string, FeedTensor>>,
): void => {
  const rows = tableRows(encoder);
  for (const part of parts) {
    const names = stateNames(part);
    const [flat, table] = [state[names.flat]!.data, state[names.table]!.data];
    for (const { name, offset, size } of layout.parameters)
      memory.tensors[name]![part].set(flat.subarray(offset, offset + size));
    for (const name of tableNames) {
      const values = tables[name][hostPart[part]];
      const begin = rows[name] * encoder.hidden;
      values.set(table.subarray(begin, begin + values.length));
    }
  }
};
