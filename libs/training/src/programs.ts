import { cacheByStructure, compile, type CompileOptions, type ComputeDevice, type Signature } from '@taxon/compute';
import {
  encoder,
  features,
  int8Names,
  isLora,
  layerMatrices,
  logits,
  loraShapes,
  parameterShapes,
  type Dropout,
  type EncoderConfig,
  type HeadConfig,
  type Lora,
  type Parameters,
} from '@taxon/models';
import type { PackShape } from '@taxon/text';
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-core/dist/register_all_gradients.js';
import { asExtra, extraName, type ExtraLoss } from './extra-loss.ts';
import { groupConsistency, groupLosses } from './losses/group-losses.ts';
import { supervisedContrastive } from './losses/supervised-contrastive.ts';
import { objectiveOf, type Objective } from './objective.ts';
import { layerOf } from './trained.ts';

export interface ProgramOptions {
  encoder: EncoderConfig;
  head: HeadConfig;
  shape: PackShape;
  dropout: number;
  /** @default cross-entropy over the head's classes */
  objective?: Objective;
  /** The backward pass computes each layer's activations anew from the layer's input: more work, less memory. @default false */
  recompute?: boolean;
  /** `standard` for WebGPU. @default 'fused' */
  operators?: CompileOptions['operators'];
  /** Weights whose products are computed in int8. @default none */
  int8?: readonly string[];
  /** Adds the gradients to those of the batches before, which `sum.NAME` feeds. @default false */
  accumulate?: boolean;
  /** The first layer that is computed: `embeddings` are then the states that go into it. @default 0 */
  begin?: number;
  /** Low-rank matrices beside the weights of the layers from `begin` on. */
  lora?: Lora;
  /** The parameters and tables that gradients are taken of. @default all */
  trained?: readonly string[];
  /** A further term of the loss. */
  extra?: ExtraLoss;
}

/** Shapes of the parameters from layer `begin` on. */
const programShapes = ({ encoder: config, head, begin = 0, lora }: ProgramOptions): Record<string, number[]> =>
  Object.fromEntries(
    Object.entries({
      ...parameterShapes(config, head),
      ...(lora === undefined ? {} : loraShapes(config, lora)),
    }).filter(([name]) => layerOf(name, config) >= begin),
  );

/** What the encoder is told beside its inputs. */
const encoderOptions = ({ begin, lora }: Pick<ProgramOptions, 'begin' | 'lora'>) => ({
  begin,
  loraScale: lora && lora.alpha / lora.rank,
});

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
    weights
      .filter((name) => shapes[name] !== undefined)
      .flatMap((name) => {
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
  const shapes = programShapes(options);
  return compile(
    (inputs) => {
      const { embeddings, segments } = inputs as Record<'embeddings' | 'segments', tf.Tensor>;
      const x = encoder(inputs, { embeddings, segments, ...encoderOptions(options) }, options.encoder);
      const pooled = features(inputs, x, inputs.pool!, options.head);
      return { features: pooled, logits: logits(inputs, pooled) };
    },
    { ...parameterSignature(shapes), ...int8Signature(options.int8 ?? [], shapes), ...batchSignature(options) },
    { operators: options.operators },
  );
});

/** A packed batch as tensors: what the loss is a function of, beside the parameters. */
export interface BatchTensors {
  /** [T, H] */
  embeddings: tf.Tensor;
  /** [R, S] int32 */
  segments: tf.Tensor;
  /** [R, M, S] */
  pool: tf.Tensor;
  /** [N, C] 0..1 */
  targets: tf.Tensor;
  /** [N, G] 1 where a group's targets are known, 0 where not and for slots without a text */
  known: tf.Tensor;
  dropout?: Dropout;
  /** What the extra loss is fed with, by its own names. */
  extra?: Readonly<Record<string, tf.Tensor>>;
}

type BatchInput = 'embeddings' | 'segments' | 'pool' | 'targets' | 'known';

/** What the targets of `slots` texts are fed as. */
export const targetShapes = (slots: number, { groups }: Objective): Record<'targets' | 'known', [number, number]> => ({
  targets: [slots, groups.at(-1)!.end],
  known: [slots, groups.length],
});

/** What sets the dropout of R-Drop's second pass apart: any odd number, the keys are hashes. */
const secondPass = 0x2545f491;

/** Keeps what the encoder shows under the given names. */
const tapFor = (names: readonly string[]) => {
  const taps: Record<string, tf.Tensor> = {};
  const tap = (name: string, x: tf.Tensor): void => {
    if (names.includes(name)) taps[name] = x;
  };
  return { taps, tap };
};

/** The loss of every slot of a packed batch, [N]: the same function whether it is traced or runs eagerly. */
export const slotLosses = (
  p: Parameters,
  { embeddings, segments, pool, targets, known, dropout, extra: fed = {} }: BatchTensors,
  options: Pick<ProgramOptions, 'encoder' | 'head' | 'recompute' | 'objective' | 'begin' | 'lora' | 'extra'>,
): tf.Tensor => {
  const { encoder: config, head, recompute, extra } = options;
  const { groups, loss, rDrop = 0, contrastive } = objectiveOf(options);
  const { taps, tap } = tapFor(extra?.taps ?? []);
  const featuresWith = (draw: Dropout | undefined, shown?: typeof tap): tf.Tensor2D => {
    const how = { dropout: draw, recompute, tap: shown, ...encoderOptions(options) };
    return features(p, encoder(p, { embeddings, segments, ...how }, config), pool, head) as tf.Tensor2D;
  };
  const losses = (scores: tf.Tensor2D): tf.Tensor1D =>
    groupLosses(scores, targets as tf.Tensor2D, known as tf.Tensor2D, groups, loss);
  const pooled = featuresWith(dropout, tap);
  const scores = logits(p, pooled) as tf.Tensor2D;
  let total = losses(scores);
  if (rDrop > 0 && dropout !== undefined) {
    const other = featuresWith({ ...dropout, key: tf.add(dropout.key, tf.scalar(secondPass, 'int32')) });
    const again = logits(p, other) as tf.Tensor2D;
    const divergence = groupConsistency(scores, again, known as tf.Tensor2D, groups);
    total = tf.add(tf.mul(tf.add(total, losses(again)), 0.5), tf.mul(divergence, rDrop));
  }
  if (contrastive !== undefined) {
    // A text counts where any of its groups is known.
    const counted = tf.max<tf.Tensor1D>(known, 1);
    const apart = supervisedContrastive(pooled, targets as tf.Tensor2D, counted, contrastive);
    total = tf.add(total, tf.mul(apart, contrastive.weight));
  }
  if (extra === undefined) return total;
  const seen = { logits: scores, features: pooled, segments: segments as tf.Tensor2D, taps, fed };
  return tf.add(tf.mul(total, extra.labelShare), extra.losses(seen));
};

/** The gradient's name beside its parameter's. */
export const gradientName = (name: string): string => `gradient.${name}`;

/** The input that a parameter's gradient is added to. */
export const sumName = (name: string): string => `sum.${name}`;

/** States [T, H] that go into layer `end`: what its frozen first layers make of a packed batch. */
export const compileStates = cacheByStructure(
  ({ end, ...options }: Pick<ProgramOptions, 'encoder' | 'head' | 'shape' | 'int8'> & { end: number }) => {
    const { encoder: config, int8 = [] } = options;
    const shapes = Object.fromEntries(
      Object.entries(parameterShapes(config)).filter(([name]) => layerOf(name, config) < end),
    );
    const { embeddings, segments } = batchSignature({ ...options, dropout: 0 });
    return compile(
      (inputs) => ({
        states: encoder(inputs, { embeddings: inputs.embeddings!, segments: inputs.segments!, end }, config),
      }),
      { ...parameterSignature(shapes), ...int8Signature(int8, shapes), embeddings: embeddings!, segments: segments! },
    );
  },
);

/**
 * Losses [N] of a packed batch; of their sum over `count`, the gradient of every parameter that is trained (`gradient.NAME`)
 * and, where the embedding tables are, of the embeddings [T, H].
 */
export const compileGradients = cacheByStructure((options: ProgramOptions) => {
  const { rows, slots } = options.shape;
  const shapes = programShapes(options);
  const trained = new Set(options.trained ?? ['words', ...Object.keys(shapes)]);
  const names = Object.keys(shapes).filter((name) => trained.has(name));
  const targets = targetShapes(rows * slots, objectiveOf(options));
  const extraInputs = options.extra?.inputs(options.shape) ?? {};
  const signature: Signature = {
    ...parameterSignature(shapes),
    ...int8Signature(options.int8 ?? [], shapes),
    ...(options.accumulate === true
      ? Object.fromEntries(names.map((name) => [sumName(name), { shape: shapes[name]! }]))
      : {}),
    ...batchSignature(options),
    targets: { shape: targets.targets },
    known: { shape: targets.known },
    count: { shape: [] },
    ...(options.dropout > 0 ? { dropoutKey: { shape: [], dtype: 'int32' } } : {}),
    ...asExtra(extraInputs),
  };
  return compile((inputs) => {
    const dropout = inputs.dropoutKey && { rate: options.dropout, key: inputs.dropoutKey };
    let losses: tf.Tensor | undefined;
    // What is no variable of the loss gets no gradient, and neither does what lies below the lowest variable.
    const variables = [...(trained.has('words') ? ['embeddings'] : []), ...names];
    const loss = (...values: tf.Tensor[]): tf.Scalar => {
      const p = { ...inputs, ...Object.fromEntries(variables.map((name, i) => [name, values[i]!])) };
      const { embeddings, segments, pool, targets: right, known } = p as Record<BatchInput, tf.Tensor>;
      const extra = Object.fromEntries(Object.keys(extraInputs).map((name) => [name, inputs[extraName(name)]!]));
      const batch = { embeddings, segments, pool, targets: right, known, dropout, extra };
      losses = tf.keep(slotLosses(p, batch, options));
      return tf.div(tf.sum(losses), inputs.count!);
    };
    const { grads } = tf.valueAndGrads(loss)(variables.map((name) => inputs[name]!));
    const named = variables.map((name, i) => {
      const before = inputs[sumName(name)];
      return [gradientName(name), before === undefined ? grads[i]! : tf.add(before, grads[i]!)] as const;
    });
    return { losses: losses!, ...Object.fromEntries(named) };
  }, signature);
});

/** The weights whose products pay in int8: every matrix of the encoder's layers. */
export const int8Weights = ({ layers }: EncoderConfig): string[] =>
  Array.from({ length: layers }, (_, i) => layerMatrices.map((name) => `layer.${i}.${name}.weight`)).flat();

/** How far a parameter is from the head: layer-wise rates multiply by decay ** depth. */
export const depthOf = (name: string, { layers }: EncoderConfig): number => {
  if (name.startsWith('embeddings')) return layers;
  const layer = /^layer\.(\d+)\./.exec(name)?.[1];
  return layer === undefined ? 0 : layers - 1 - Number(layer);
};

/** Biases and normalisations do not decay (as in BERT's own optimizer). */
export const decays = (name: string): boolean => name.endsWith('.weight') || isLora(name);
