import { createSession, dropoutKey, type FeedTensor, type SessionOptions } from '@taxon/compute';
import { parameterShapes } from '@taxon/models';
import type { PackedBatch, PackShape } from '@taxon/text';
import { coefficients, type AdamWOptions } from './adamw.ts';
import { RowGradients } from './embedding-table.ts';
import { embedTokens, parameterFeeds, type ModelState } from './model-state.ts';
import { compileGradients, compileUpdate, depthOf, gradientName } from './programs.ts';

export interface StepOptions {
  shape: PackShape;
  adamw: AdamWOptions;
  layerDecay: number;
  /** Largest gradient norm; 0 for no clipping. */
  clipNorm: number;
  dropout: number;
  accumulation: number;
  seed: number;
}

export interface LabelledBatch extends PackedBatch {
  /** Class of each text of the batch. */
  labels: Int32Array;
}

export interface StepResult {
  /** Mean cross-entropy of the step's texts. */
  loss: number;
  /** Norm of the whole gradient before clipping. */
  gradientNorm: number;
}

export interface TrainingStep {
  /** One update from one batch, or from several whose gradients are summed. */
  run(state: ModelState, batches: readonly LabelledBatch[], learningRate: number): Promise<StepResult>;
  dispose(): Promise<void>;
}

const scalar = (value: number): FeedTensor => ({ shape: [], data: Float32Array.of(value) });

const slotFeeds = (batch: LabelledBatch, slots: number): Record<'labels' | 'weights', FeedTensor> => {
  const labels = new Int32Array(slots);
  const weights = new Float32Array(slots);
  batch.slots.forEach((slot, i) => {
    labels[slot] = batch.labels[i]!;
    weights[slot] = 1;
  });
  return { labels: { shape: [slots], data: labels }, weights: { shape: [slots], data: weights } };
};

const addRowGradients = (
  batch: PackedBatch,
  gradient: Float32Array,
  rows: Record<'words' | 'positions' | 'types', RowGradients>,
  { rows: R, length }: PackShape,
  hidden: number,
): void => {
  for (let token = 0; token < batch.ids.length; token++) {
    const s = Math.floor(token / R);
    if (batch.segments[(token % R) * length + s]! < 0) continue; // padding learns nothing
    rows.words.add(batch.ids[token]!, gradient, token * hidden);
    rows.positions.add(batch.positions[token]!, gradient, token * hidden);
    rows.types.add(0, gradient, token * hidden);
  }
};

/** Buffers of the gradients, and the second set of parameters that an update writes into. */
const createBuffers = (state: ModelState) => {
  const shapes = parameterShapes(state.encoder, state.head);
  const like = (data: FeedTensor['data']): Float32Array => new Float32Array(data.length);
  const gradients = (): Record<string, FeedTensor> =>
    Object.fromEntries(
      Object.entries(shapes).map(([name, shape]) => [
        gradientName(name),
        { shape, data: like(state.parameters[name]!.data) },
      ]),
    );
  const next = Object.fromEntries(
    Object.entries(state.parameters).map(([name, { shape, data }]) => [name, { shape, data: like(data) }]),
  );
  return { shapes, gradients, next };
};

export const createTrainingStep = async (
  state: ModelState,
  options: StepOptions,
  session: SessionOptions,
): Promise<TrainingStep> => {
  const { shape, adamw, layerDecay, clipNorm, dropout, seed } = options;
  const { encoder, head } = state;
  const slots = shape.rows * shape.slots;
  const tokens = shape.rows * shape.length;
  const programOptions = { encoder, head, shape, dropout };
  const first = await createSession(compileGradients({ ...programOptions, accumulate: false }), session);
  const further =
    options.accumulation > 1
      ? await createSession(compileGradients({ ...programOptions, accumulate: true }), session)
      : undefined;
  const update = await createSession(compileUpdate(programOptions, adamw, layerDecay), session);

  const buffers = createBuffers(state);
  let gradients = buffers.gradients();
  let spare = further === undefined ? undefined : buffers.gradients();
  let next: Record<string, FeedTensor> = buffers.next;
  const rows = {
    words: new RowGradients(state.tables.words),
    positions: new RowGradients(state.tables.positions),
    types: new RowGradients(state.tables.types),
  };
  const embeddings: FeedTensor = { shape: [tokens, encoder.hidden], data: new Float32Array(tokens * encoder.hidden) };
  const dEmbeddings: FeedTensor = { shape: embeddings.shape, data: new Float32Array(embeddings.data.length) };

  /** Forward and backward of one batch; leaves the sums in `gradients` and `rows`. */
  const accumulate = async (current: ModelState, batch: LabelledBatch, index: number, count: number) => {
    embedTokens(current, batch, embeddings.data as Float32Array);
    const feeds: Record<string, FeedTensor> = {
      ...parameterFeeds(current),
      ...slotFeeds(batch, slots),
      embeddings,
      segments: { shape: [shape.rows, shape.length], data: batch.segments },
      pool: { shape: [shape.rows, shape.slots, shape.length], data: batch.pool },
      count: scalar(count),
    };
    if (dropout > 0) feeds.dropoutKey = { shape: [], data: Int32Array.of(dropoutKey(seed, current.step, index)) };
    if (index > 0) {
      for (const name of Object.keys(buffers.shapes)) feeds[`sum.${name}`] = gradients[gradientName(name)]!;
      [gradients, spare] = [spare!, gradients]; // reading and writing one buffer would race
    }
    const program = index === 0 ? first : further!;
    const outputs = await program.run(feeds, { ...gradients, [gradientName('embeddings')]: dEmbeddings });
    addRowGradients(batch, dEmbeddings.data as Float32Array, rows, shape, encoder.hidden);
    return { loss: outputs.loss!.data[0]!, squaredNorm: outputs.squaredNorm!.data[0]! };
  };

  return {
    async run(current, batches, learningRate) {
      const count = batches.reduce((sum, { texts }) => sum + texts.length, 0);
      let loss = 0;
      let squaredNorm = 0;
      for (const [index, batch] of batches.entries()) {
        const result = await accumulate(current, batch, index, count);
        loss += result.loss;
        squaredNorm = result.squaredNorm;
      }
      for (const table of Object.values(rows)) squaredNorm += table.squaredNorm();
      const gradientNorm = Math.sqrt(squaredNorm);
      const gradientScale = clipNorm > 0 ? Math.min(1, clipNorm / (gradientNorm + 1e-6)) : 1;
      current.step += 1;
      const scalars = coefficients(adamw, { learningRate, gradientScale, step: current.step });
      const scalarFeeds = Object.fromEntries(Object.entries(scalars).map(([name, value]) => [name, scalar(value)]));
      const results = Object.fromEntries(Object.entries(next).map(([name, tensor]) => [`next.${name}`, tensor]));
      await update.run({ ...current.parameters, ...gradients, ...scalarFeeds }, results);
      [current.parameters, next] = [next, current.parameters];
      const depth = layerDecay ** depthOf('embeddings', encoder);
      for (const name of ['words', 'positions', 'types'] as const)
        rows[name].apply(current.tables[name], scalars, adamw, depth);
      return { loss, gradientNorm };
    },
    async dispose() {
      await Promise.all([first, further, update].map((program) => program?.dispose()));
    },
  };
};
