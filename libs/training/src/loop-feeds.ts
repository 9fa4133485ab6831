import { dropoutKey, type FeedTensor } from '@taxon/compute';
import type { EncoderConfig } from '@taxon/models';
import type { PackShape } from '@taxon/text';
import type { AdamWOptions } from './adamw.ts';
import { tableRows } from './flat-state.ts';
import type { Objective } from './objective.ts';
import { targetShapes } from './programs.ts';
import { slotFeeds, type LabelledBatch, type Update } from './training-step.ts';

export interface FeedOptions {
  encoder: EncoderConfig;
  shape: PackShape;
  adamw: AdamWOptions;
  dropout: number;
  seed: number;
  objective: Objective;
  /** Most batches of an update; those that it lacks are fed empty. */
  batchesPerUpdate: number;
}

/** Most rows of the embedding tables that one update touches, and one spare. */
export const rowsPerUpdate = ({
  encoder,
  shape,
  batchesPerUpdate,
}: Pick<FeedOptions, 'encoder' | 'shape' | 'batchesPerUpdate'>): number => {
  const words = Math.min(encoder.vocabulary, batchesPerUpdate * shape.rows * shape.length);
  return words + Math.min(encoder.positions, shape.length) + encoder.types + 1;
};

interface Place {
  update: number;
  batch: number;
}

/** Arrays of one call: K updates of M batches. */
const allocate = (updates: number, options: FeedOptions) => {
  const { batchesPerUpdate: batches, shape } = options;
  const { rows, length, slots } = shape;
  const { targets, known } = targetShapes(rows * slots, options.objective);
  const floats = (...dims: number[]) => ({ shape: dims, data: new Float32Array(dims.reduce((a, b) => a * b, 1)) });
  const ints = (...dims: number[]) => ({ shape: dims, data: new Int32Array(dims.reduce((a, b) => a * b, 1)) });
  return {
    learningRate: floats(updates),
    rateCorrection: floats(updates),
    epsilonCorrection: floats(updates),
    count: floats(updates),
    dropoutKeys: ints(updates, batches),
    touched: ints(updates, rowsPerUpdate(options)),
    rowOf: ints(updates, batches, 3 * rows * length),
    segments: ints(updates, batches, rows, length),
    pool: floats(updates, batches, rows, slots, length),
    targets: floats(updates, batches, ...targets),
    known: floats(updates, batches, ...known),
  };
};

type CallFeeds = ReturnType<typeof allocate>;

/** Lays `data` into the place that a batch has in an array of all. */
const place = ({ shape, data }: FeedTensor, { update, batch }: Place, values: ArrayLike<number>): void =>
  data.set(values, (update * shape[1]! + batch) * values.length);

/**
 * The rows that an update's tokens read, each once, and for every token where its three stand among them. Padding reads the
 * spare row, and so do the places that are left over.
 */
const touchRows = (feeds: CallFeeds, update: number, batches: readonly LabelledBatch[], options: FeedOptions): void => {
  const { encoder, shape } = options;
  const tables = tableRows(encoder);
  const capacity = feeds.touched.shape[1]!;
  const touched = feeds.touched.data.subarray(update * capacity, (update + 1) * capacity).fill(tables.spare);
  const spare = capacity - 1;
  const known = new Map<number, number>();
  const placeOf = (row: number): number => {
    const found = known.get(row) ?? known.size;
    if (found === known.size) {
      known.set(row, found);
      touched[found] = row;
    }
    return found;
  };
  const tokens = shape.rows * shape.length;
  for (let batch = 0; batch < options.batchesPerUpdate; batch++) {
    const { ids, positions, types, segments } = batches[batch] ?? {};
    const at = new Int32Array(3 * tokens).fill(spare);
    for (let token = 0; token < tokens && ids && positions && segments; token++) {
      if (segments[(token % shape.rows) * shape.length + Math.floor(token / shape.rows)]! < 0) continue;
      at[token] = placeOf(tables.words + ids[token]!);
      at[tokens + token] = placeOf(tables.positions + positions[token]!);
      at[2 * tokens + token] = placeOf(tables.types + (types?.[token] ?? 0));
    }
    place(feeds.rowOf, { update, batch }, at);
  }
};

/** The feeds of one call, all but the state. `step` counts the updates before it. */
export const callFeeds = (
  updates: readonly Update[],
  step: number,
  options: FeedOptions,
): Record<string, FeedTensor> => {
  const { adamw, shape, seed } = options;
  const feeds = allocate(updates.length, options);
  feeds.segments.data.fill(-1);
  updates.forEach(({ batches, learningRate }, update) => {
    if (batches.length > options.batchesPerUpdate)
      throw new RangeError(`an update of ${batches.length} batches; the program takes ${options.batchesPerUpdate}`);
    const correction2 = Math.sqrt(1 - adamw.beta2 ** (step + update + 1));
    feeds.learningRate.data[update] = learningRate;
    feeds.rateCorrection.data[update] = correction2 / (1 - adamw.beta1 ** (step + update + 1));
    feeds.epsilonCorrection.data[update] = correction2;
    feeds.count.data[update] = batches.reduce((sum, { texts }) => sum + texts.length, 0);
    touchRows(feeds, update, batches, options);
    batches.forEach((labelled, batch) => {
      const { targets, known } = slotFeeds(labelled, shape.rows * shape.slots, options.objective);
      const at = { update, batch };
      place(feeds.segments, at, labelled.segments);
      place(feeds.pool, at, labelled.pool);
      place(feeds.targets, at, targets.data);
      place(feeds.known, at, known.data);
      place(feeds.dropoutKeys, at, [dropoutKey(seed, step + update, batch)]);
    });
  });
  const { dropoutKeys, ...others } = feeds;
  return options.dropout > 0 ? { ...others, dropoutKeys } : others;
};
