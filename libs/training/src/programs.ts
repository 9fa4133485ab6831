import { cacheByStructure, compile, type CompileOptions, type ComputeDevice, type Signature } from '@taxon/compute';
import {
  encoder,
  features,
  int8Names,
  logits,
  parameterShapes,
  type Dropout,
  type EncoderConfig,
  type HeadConfig,
  type Parameters,
} from '@taxon/models';
import type { PackShape } from '@taxon/text';
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-core/dist/register_all_gradients.js';

export interface ProgramOptions {
  encoder: EncoderConfig;
  head: HeadConfig;
  shape: PackShape;
  dropout: number;
  /** The backward pass computes each layer's activations anew from the layer's input: more work, less memory. @default false */
  recompute?: boolean;
  /** `standard` for WebGPU. @default 'fused' */
  operators?: CompileOptions['operators'];
  /** Weights whose products are computed in int8. @default none */
  int8?: readonly string[];
  /** Adds the gradients to those of the batches before, which `sum.NAME` feeds. @default false */
  accumulate?: boolean;
}

/** The operators that a device has kernels for. */
export const operatorsOf = (device: ComputeDevice = 'cpu'): CompileOptions['operators'] =>
  device === 'webgpu' ? 'standard' : 'fused';

// S: length, R: rows, M: slots, T = S·R, H: hidden, N = R·M text slots.

const batchSignature = ({ encoder: { hidden }, shape: { rows, length, slots } }: ProgramOptions): Signature => ({
  embeddings: { shape: [rows * length, hidden] },
  segments: { shape: [rows, length], dtype: 'int32' },
  pool: { shape: [rows, slots, length] },
});

const parameterSignature = (shapes: Record<string, number[]>): Signature =>
  Object.fromEntries(Object.entries(shapes).map(([name, shape]) => [name, { shape }]));

/** Inputs that carry the int8 forms. */
export const int8Signature = (weights: readonly string[], shapes: Record<string, number[]>): Signature =>
  Object.fromEntries(
    weights.flatMap((name) => {
      const [rows, columns] = shapes[name] as [number, number];
      const { byColumn, columnScales, byRow, rowScales } = int8Names(name);
      return [
        [byColumn, { shape: [rows, columns], dtype: 'int8' as const }],
        [columnScales, { shape: [columns] }],
        [byRow, { shape: [rows, columns], dtype: 'int8' as const }],
        [rowScales, { shape: [rows] }],
      ];
    }),
  );

/** Features [N, H] and logits [N, classes] of a packed batch, without dropout. */
export const compileForward = cacheByStructure((options: ProgramOptions) => {
  const shapes = parameterShapes(options.encoder, options.head);
  return compile(
    (inputs) => {
      const x = encoder(inputs, { embeddings: inputs.embeddings!, segments: inputs.segments! }, options.encoder);
      const pooled = features(inputs, x, inputs.pool!, options.head);
      return { features: pooled, logits: logits(inputs, pooled) };
    },
    { ...parameterSignature(shapes), ...int8Signature(options.int8 ?? [], shapes), ...batchSignature(options) },
    { operators: options.operators },
  );
});

/**
 * Cross-entropy of every slot, [N].
 * @param weights [N] 1 for slots that hold a text, 0 for empty ones
 */
const crossEntropies = (scores: tf.Tensor, labels: tf.Tensor, weights: tf.Tensor): tf.Tensor => {
  // Not tf.oneHot: WebGPU has no kernel for it.
  const classes = tf.tensor1d(Int32Array.from({ length: scores.shape[1]! }, (_, i) => i));
  const oneHot = tf.cast(tf.equal(tf.expandDims(labels, 1), classes), 'float32');
  const chosen = tf.mul(tf.logSoftmax(scores), oneHot);
  return tf.mul(tf.neg(tf.sum(chosen, -1)), weights);
};

/** A packed batch as tensors: what the loss is a function of, beside the parameters. */
export interface BatchTensors {
  /** [T, H] */
  embeddings: tf.Tensor;
  /** [R, S] int32 */
  segments: tf.Tensor;
  /** [R, M, S] */
  pool: tf.Tensor;
  /** [N] int32 */
  labels: tf.Tensor;
  /** [N] 1 for slots that hold a text, 0 for empty ones */
  weights: tf.Tensor;
  dropout?: Dropout;
}

/** Cross-entropy of every slot of a packed batch, [N]: the same function whether it is traced or runs eagerly. */
export const slotLosses = (
  p: Parameters,
  { embeddings, segments, pool, labels, weights, dropout }: BatchTensors,
  { encoder: config, head, recompute }: Pick<ProgramOptions, 'encoder' | 'head' | 'recompute'>,
): tf.Tensor => {
  const x = encoder(p, { embeddings, segments, dropout, recompute }, config);
  return crossEntropies(logits(p, features(p, x, pool, head)), labels, weights);
};

/** The gradient's name beside its parameter's. */
export const gradientName = (name: string): string => `gradient.${name}`;

/** The input that a parameter's gradient is added to. */
export const sumName = (name: string): string => `sum.${name}`;

/** Losses [N] of a packed batch; of their sum over `count`, the gradient of every parameter (`gradient.NAME`) and of the embeddings [T, H]. */
export const compileGradients = cacheByStructure((options: ProgramOptions) => {
  const { rows, slots } = options.shape;
  const shapes = parameterShapes(options.encoder, options.head);
  const names = Object.keys(shapes);
  const signature: Signature = {
    ...parameterSignature(shapes),
    ...int8Signature(options.int8 ?? [], shapes),
    ...(options.accumulate === true
      ? Object.fromEntries(names.map((name) => [sumName(name), { shape: shapes[name]! }]))
      : {}),
    ...batchSignature(options),
    labels: { shape: [rows * slots], dtype: 'int32' },
    weights: { shape: [rows * slots] },
    count: { shape: [] },
    ...(options.dropout > 0 ? { dropoutKey: { shape: [], dtype: 'int32' } } : {}),
  };
  return compile((inputs) => {
    const dropout = inputs.dropoutKey && { rate: options.dropout, key: inputs.dropoutKey };
    let losses: tf.Tensor | undefined;
    const loss = (embeddings: tf.Tensor, ...values: tf.Tensor[]): tf.Scalar => {
      const p = { ...inputs, ...Object.fromEntries(names.map((name, i) => [name, values[i]!])) };
      const { segments, pool, labels, weights } = inputs as Record<keyof BatchTensors, tf.Tensor>;
      losses = tf.keep(slotLosses(p, { embeddings, segments, pool, labels, weights, dropout }, options));
      return tf.div(tf.sum(losses), inputs.count!);
    };
    const variables = [inputs.embeddings!, ...names.map((name) => inputs[name]!)];
    const { grads } = tf.valueAndGrads(loss)(variables);
    const named = ['embeddings', ...names].map((name, i) => {
      const before = inputs[sumName(name)];
      return [gradientName(name), before === undefined ? grads[i]! : tf.add(before, grads[i]!)] as const;
    });
    return { losses: losses!, ...Object.fromEntries(named) };
  }, signature);
});

/** The weights whose products pay in int8: every matrix of the encoder's layers. */
export const int8Weights = ({ layers }: EncoderConfig): string[] =>
  Array.from({ length: layers }, (_, i) =>
    ['query', 'key', 'value', 'output', 'up', 'down'].map((name) => `layer.${i}.${name}.weight`),
  ).flat();

/** How far a parameter is from the head: layer-wise rates multiply by decay ** depth. */
export const depthOf = (name: string, { layers }: EncoderConfig): number => {
  if (name.startsWith('embeddings')) return layers;
  const layer = /^layer\.(\d+)\./.exec(name)?.[1];
  return layer === undefined ? 0 : layers - 1 - Number(layer);
};

/** Biases and normalisations do not decay (as in BERT's own optimizer). */
export const decays = (name: string): boolean => name.endsWith('.weight');
