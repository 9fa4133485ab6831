import { compile, type Program, type Signature, type Tensors } from '@taxon/compute';
import { encoder, features, logits, parameterShapes, type EncoderConfig, type HeadConfig } from '@taxon/models';
import type { PackShape } from '@taxon/text';
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-core/dist/register_all_gradients.js';
import { adamwUpdate, type AdamWOptions } from './adamw.ts';

export interface ProgramOptions {
  encoder: EncoderConfig;
  head: HeadConfig;
  shape: PackShape;
  dropout: number;
}

// S: length, R: rows, M: slots, T = S·R, H: hidden, N = R·M text slots.

const batchSignature = ({ encoder: { hidden }, shape: { rows, length, slots } }: ProgramOptions): Signature => ({
  embeddings: { shape: [rows * length, hidden] },
  segments: { shape: [rows, length], dtype: 'int32' },
  pool: { shape: [rows, slots, length] },
});

const parameterSignature = (shapes: Record<string, number[]>, prefix = ''): Signature =>
  Object.fromEntries(Object.entries(shapes).map(([name, shape]) => [prefix + name, { shape }]));

/** Features [N, H] and logits [N, classes] of a packed batch, without dropout. */
export const compileForward = (options: ProgramOptions): Program => {
  const shapes = parameterShapes(options.encoder, options.head);
  return compile(
    (inputs) => {
      const x = encoder(inputs, { embeddings: inputs.embeddings!, segments: inputs.segments! }, options.encoder);
      const pooled = features(inputs, x, inputs.pool!, options.head);
      return { features: pooled, logits: logits(inputs, pooled) };
    },
    { ...parameterSignature(shapes), ...batchSignature(options) },
  );
};

/**
 * Cross-entropy summed over the real slots, divided by `count`.
 * @param weights [N] 1 for slots that hold a text, 0 for empty ones
 */
const crossEntropy = (scores: tf.Tensor, labels: tf.Tensor, weights: tf.Tensor, count: tf.Tensor): tf.Scalar => {
  const chosen = tf.mul(tf.logSoftmax(scores), tf.oneHot(labels as tf.Tensor1D, scores.shape[1]!));
  return tf.div(tf.neg(tf.sum(tf.mul(tf.sum(chosen, -1), weights))), count);
};

/** The gradient's name beside its parameter's. */
export const gradientName = (name: string): string => `gradient.${name}`;

/**
 * Loss, the gradient of every parameter and of the embeddings [T, H], and the squared norm of the former.
 * With `accumulate` the gradients so far come in as `sum.NAME` and are added to.
 */
export const compileGradients = (options: ProgramOptions & { accumulate: boolean }): Program => {
  const { rows, slots } = options.shape;
  const shapes = parameterShapes(options.encoder, options.head);
  const names = Object.keys(shapes);
  const signature: Signature = {
    ...parameterSignature(shapes),
    ...batchSignature(options),
    labels: { shape: [rows * slots], dtype: 'int32' },
    weights: { shape: [rows * slots] },
    count: { shape: [] },
    ...(options.dropout > 0 ? { dropoutKey: { shape: [], dtype: 'int32' } } : {}),
    ...(options.accumulate ? parameterSignature(shapes, 'sum.') : {}),
  };
  return compile((inputs) => {
    const dropout = inputs.dropoutKey && { rate: options.dropout, key: inputs.dropoutKey };
    const loss = (embeddings: tf.Tensor, ...values: tf.Tensor[]): tf.Scalar => {
      const p = Object.fromEntries(names.map((name, i) => [name, values[i]!]));
      const x = encoder(p, { embeddings, segments: inputs.segments!, dropout }, options.encoder);
      const scores = logits(p, features(p, x, inputs.pool!, options.head));
      return crossEntropy(scores, inputs.labels!, inputs.weights!, inputs.count!);
    };
    const { value, grads } = tf.valueAndGrads(loss)([inputs.embeddings!, ...names.map((name) => inputs[name]!)]);
    const [embeddings, ...own] = grads as [tf.Tensor, ...tf.Tensor[]];
    const summed = own.map((gradient, i) =>
      options.accumulate ? tf.add(gradient, inputs[`sum.${names[i]!}`]!) : gradient,
    );
    const squaredNorm = summed.map((gradient) => tf.sum(tf.square(gradient))).reduce((a, b) => tf.add(a, b));
    const named = Object.fromEntries(names.map((name, i) => [gradientName(name), summed[i]!]));
    return { loss: value, [gradientName('embeddings')]: embeddings, squaredNorm, ...named };
  }, signature);
};

/** How far a parameter is from the head: layer-wise rates multiply by decay ** depth. */
export const depthOf = (name: string, { layers }: EncoderConfig): number => {
  if (name.startsWith('embeddings')) return layers;
  const layer = /^layer\.(\d+)\./.exec(name)?.[1];
  return layer === undefined ? 0 : layers - 1 - Number(layer);
};

/** Biases and normalisations do not decay (as in BERT's own optimizer). */
export const decays = (name: string): boolean => name.endsWith('.weight');

const coefficientNames = ['first', 'second', 'rate', 'epsilon', 'decay'] as const;

/** AdamW on all parameters behind the embedding tables: `NAME`, `m.NAME`, `v.NAME` → `next.…`. */
export const compileUpdate = (options: ProgramOptions, adamw: AdamWOptions, layerDecay: number): Program => {
  const shapes = parameterShapes(options.encoder, options.head);
  const signature: Signature = {
    ...Object.fromEntries(coefficientNames.map((name) => [name, { shape: [] }])),
    ...['', 'm.', 'v.', 'gradient.'].reduce((all, prefix) => ({ ...all, ...parameterSignature(shapes, prefix) }), {}),
  };
  return compile((inputs) => {
    const scalars = Object.fromEntries(coefficientNames.map((name) => [name, inputs[name]!])) as Record<
      (typeof coefficientNames)[number],
      tf.Tensor
    >;
    const results: Tensors = {};
    for (const name of Object.keys(shapes)) {
      const state = { value: inputs[name]!, m: inputs[`m.${name}`]!, v: inputs[`v.${name}`]! };
      const layer = { multiplier: layerDecay ** depthOf(name, options.encoder), decays: decays(name) };
      const next = adamwUpdate(state, inputs[gradientName(name)]!, scalars, adamw, layer);
      results[`next.${name}`] = next.value;
      results[`next.m.${name}`] = next.m;
      results[`next.v.${name}`] = next.v;
    }
    return results;
  }, signature);
};
