import {
  cacheByStructure,
  choose,
  compile,
  isFiniteScalar,
  loop,
  nextName,
  scatterRows,
  type Signature,
  type Tensors,
  type TensorSpec,
} from '@taxon/compute';
import { parameterShapes, type Parameters } from '@taxon/models';
import * as tf from '@tensorflow/tfjs-core';
import type { AdamWOptions } from './adamw.ts';
import { flatLayout, parts, stateNames, tableRows, type FlatLayout } from './flat-state.ts';
import { graphAdamW, type GraphCoefficients, type Moments } from './graph-adamw.ts';
import { rowsPerUpdate } from './loop-feeds.ts';
import { nextScale, scaleSignature, type LossScale } from './loss-scale.ts';
import { objectiveOf } from './objective.ts';
import { targetShapes, type ProgramOptions } from './programs.ts';
import { at, gradientsOf, type Gradients } from './update-gradients.ts';

export interface UpdateProgramOptions extends ProgramOptions {
  adamw: AdamWOptions;
  layerDecay: number;
  clipNorm: number;
  /** Batches whose gradients are summed, one after the other. */
  batchesPerUpdate: number;
  /** Many updates a run, in a loop; otherwise one. */
  looped: boolean;
  /** Products in float16, gradients scaled into its range. */
  half: boolean;
}

// K: updates of a run, M: batches of an update, U: rows of the tables that an update touches, P: all parameters,
// S: length, R: rows, T = S·R tokens, N: text slots, H: hidden.

const signatureOf = (options: UpdateProgramOptions, layout: FlatLayout): Signature => {
  const { encoder, shape, batchesPerUpdate: M, looped, dropout, half } = options;
  const { rows, length, slots } = shape;
  const { targets, known } = targetShapes(rows * slots, objectiveOf(options));
  const K = looped ? 'updates' : 1;
  const perUpdate = Object.fromEntries(
    ['learningRate', 'rateCorrection', 'epsilonCorrection', 'count'].map((name) => [name, { shape: [K] }]),
  );
  const state = parts.flatMap((part): [string, TensorSpec][] => {
    const { flat, table } = stateNames(part);
    return [
      [flat, { shape: [layout.size] }],
      [table, { shape: [tableRows(encoder).spare + 1, encoder.hidden] }],
    ];
  });
  return {
    ...perUpdate,
    ...(Object.fromEntries(state) as Signature),
    ...(half ? scaleSignature : {}),
    shares: { shape: [2, layout.groups.length] },
    touched: { shape: [K, rowsPerUpdate(options)], dtype: 'int32' },
    rowOf: { shape: [K, M, 3 * rows * length], dtype: 'int32' },
    segments: { shape: [K, M, rows, length], dtype: 'int32' },
    pool: { shape: [K, M, rows, slots, length] },
    targets: { shape: [K, M, ...targets] },
    known: { shape: [K, M, ...known] },
    ...(dropout > 0 ? { dropoutKeys: { shape: [K, M], dtype: 'int32' as const } } : {}),
  };
};

const momentsOf = (state: Tensors, which: 'flat' | 'table'): Moments =>
  Object.fromEntries(parts.map((part) => [part, state[stateNames(part)[which]]!])) as Moments;

const mapParts = (fn: (part: (typeof parts)[number]) => tf.Tensor): Moments =>
  Object.fromEntries(parts.map((part) => [part, fn(part)])) as Moments;

const split = (flat: tf.Tensor, { parameters }: FlatLayout): Parameters =>
  Object.fromEntries(
    parameters.map(({ name, offset, size, shape }) => [name, tf.reshape(tf.slice(flat, [offset], [size]), [...shape])]),
  );

/** Per element of the flat parameters: its share of the learning rate, and of the decay; from the groups' [2, groups]. */
const spread = (shares: tf.Tensor, { groups }: FlatLayout): Record<'rate' | 'decay', tf.Tensor> => {
  const row = (which: number): tf.Tensor =>
    tf.concat(groups.map(({ size }, i) => tf.tile(tf.reshape(tf.slice(shares, [which, i], [1, 1]), [1]), [size])));
  return { rate: row(0), decay: row(1) };
};

type Shares = ReturnType<typeof spread>;

/** AdamW on all parameters, each with its share of the rate, and on the rows of the tables that were touched. */
const optimize = (
  { flat, rows }: Record<'flat' | 'rows', Moments>,
  gradients: Gradients,
  { learningRate, rate, ...shared }: Omit<GraphCoefficients, 'keep'> & { learningRate: tf.Tensor },
  share: Shares,
  { encoder, adamw, layerDecay }: UpdateProgramOptions,
): [flat: Moments, rows: Moments] => {
  const tableShare = layerDecay ** encoder.layers;
  const nextFlat = graphAdamW(flat, gradients.flat, adamw, {
    ...shared,
    rate: tf.mul(share.rate, rate),
    keep: tf.sub(1, tf.mul(share.decay, learningRate)),
  });
  const nextRows = graphAdamW(rows, gradients.rows, adamw, {
    ...shared,
    rate: tf.mul(rate, tableShare),
    keep: tf.sub(1, tf.mul(learningRate, tableShare * adamw.weightDecay)),
  });
  return [nextFlat, nextRows];
};

/** One update: gradients, norm, clipping, AdamW on all parameters and on the rows that were touched. */
const updateOnce = (
  inputs: Tensors,
  state: Tensors,
  update: tf.Tensor,
  share: Shares,
  layout: FlatLayout,
  options: UpdateProgramOptions,
): { state: Tensors; outputs: Tensors<'losses' | 'gradientNorm' | 'applied'> } => {
  const { clipNorm, half } = options;
  const pick = (name: string, index = update): tf.Tensor => at(inputs[name]!, index);
  const [flat, table, touched] = [momentsOf(state, 'flat'), momentsOf(state, 'table'), pick('touched')];
  const rows = mapParts((part) => at(table[part], touched)); // [U, H]
  const scale = half ? state.scale! : tf.scalar(1);
  const given = {
    flat: flat.value,
    parameters: split(flat.value, layout),
    rowValues: rows.value,
    factor: tf.div(scale, pick('count')),
  };
  const gradients = gradientsOf(inputs, update, given, layout, options);

  const squares = tf.add(
    tf.sum(tf.square(tf.div(gradients.flat, scale))),
    tf.sum(tf.square(tf.div(gradients.rows, scale))),
  );
  const gradientNorm = tf.sqrt(squares);
  // torch's own 1e-6
  const clip = clipNorm > 0 ? tf.minimum(1, tf.div(clipNorm, tf.add(gradientNorm, 1e-6))) : tf.scalar(1);
  const applied = half ? isFiniteScalar(gradientNorm) : undefined;
  // The bias corrections count the updates that were applied.
  const done = half ? state.done! : update;
  const learningRate = pick('learningRate');
  const rates = {
    learningRate,
    gradientScale: tf.div(clip, scale),
    rate: tf.mul(learningRate, pick('rateCorrection', done)),
    epsilon: tf.mul(pick('epsilonCorrection', done), options.adamw.epsilon),
  };
  const [nextFlat, nextRows] = optimize({ flat, rows }, gradients, rates, share, options);
  const settle = (next: tf.Tensor, before: tf.Tensor): tf.Tensor => (applied ? choose(applied, next, before) : next);
  const next: Tensors = {};
  for (const part of parts) {
    const names = stateNames(part);
    next[names.flat] = settle(nextFlat[part], flat[part]);
    next[names.table] = scatterRows(table[part], touched, settle(nextRows[part], rows[part]));
  }
  if (applied) Object.assign(next, nextScale(state as Tensors<keyof LossScale | 'done'>, applied));
  const outputs = {
    losses: gradients.losses,
    gradientNorm,
    applied: applied ? tf.cast(applied, 'float32') : tf.scalar(1),
  };
  return { state: next, outputs };
};

/**
 * K updates as one program, the state in inputs and outputs (`next.NAME`): losses [K, M, N], norms [K], and whether each
 * update was applied [K].
 */
export const compileUpdates = cacheByStructure((options: UpdateProgramOptions) => {
  const layout = flatLayout(parameterShapes(options.encoder, options.head), options.encoder);
  const signature = signatureOf(options, layout);
  const names = [
    ...parts.flatMap((part) => Object.values(stateNames(part))),
    ...(options.half ? Object.keys(scaleSignature) : []),
  ];
  return compile(
    (inputs) => {
      const state: Tensors = Object.fromEntries(names.map((name) => [name, inputs[name]!]));
      if (options.half) state.done = tf.scalar(0, 'int32');
      const share = spread(inputs.shares!, layout);
      const run = (now: Tensors, update: tf.Tensor) => updateOnce(inputs, now, update, share, layout, options);
      let after: { state: Tensors; outputs: Tensors };
      if (options.looped) after = loop({ times: inputs.count!.shape[0], state, body: run });
      else {
        const once = run(state, tf.scalar(0, 'int32'));
        const stacked = Object.entries(once.outputs).map(([name, x]) => [name, tf.expandDims(x)] as const);
        after = { state: once.state, outputs: Object.fromEntries(stacked) };
      }
      const next = names.map((name) => [nextName(name), after.state[name]!] as const);
      return { ...after.outputs, ...Object.fromEntries(next) };
    },
    signature,
    { products: options.half ? 'float16' : 'float32', operators: options.operators },
  );
});
