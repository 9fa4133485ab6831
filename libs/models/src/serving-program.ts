import { compile, type Program } from '@taxon/compute';
import * as tf from '@tensorflow/tfjs-core';
import { weightSignature } from './bind-weights.ts';
import type { EncoderConfig } from './encoder-config.ts';
import { encoder } from './encoder.ts';
import { features, logits, type HeadConfig } from './head.ts';

/** The program's output of what the encoder shows under a name. */
export const tapOutput = (name: string): string => `tap.${name}`;

export interface ServingOptions {
  /** What the encoder computes on the way and is wanted, too, by the names of `EncoderInputs.tap`. */
  taps?: readonly string[];
  /** Whether the features [R·M, H] that the linear layer sees are wanted, too. @default false */
  withFeatures?: boolean;
}

/**
 * Packed texts to logits, with open sizes: S positions a row, R rows, M text slots a row. Inputs are the matrices of a
 * `PackedBatch` (`ids`, `ordinals`, its positions, and `tokenTypes` [S, R]; `segments` [R, S]; `pool` [R, M, S]) and the weights; the
 * output is `logits` [R·M, classes].
 */
export const traceServingProgram = (
  config: EncoderConfig,
  head: HeadConfig,
  { taps = [], withFeatures = false }: ServingOptions = {},
): Program =>
  compile(
    (inputs) => {
      const [length, rows] = inputs.ids!.shape as [number, number];
      const flat = (x: tf.Tensor): tf.Tensor1D => tf.reshape(x, [length * rows]);
      const embeddings = tf.add(
        tf.add(tf.gather(inputs.words!, flat(inputs.ids!)), tf.gather(inputs.positions!, flat(inputs.ordinals!))),
        tf.gather(inputs.types!, flat(inputs.tokenTypes!)),
      );
      const shown: Record<string, tf.Tensor> = {};
      const tap = (name: string, x: tf.Tensor): void => {
        if (taps.includes(name)) shown[tapOutput(name)] = x;
      };
      const states = encoder(inputs, { embeddings, segments: inputs.segments!, tap }, config);
      const pooled = features(inputs, states, inputs.pool!, head);
      return { logits: logits(inputs, pooled), ...(withFeatures && { features: pooled }), ...shown };
    },
    {
      ids: { shape: ['length', 'rows'], dtype: 'int32' },
      ordinals: { shape: ['length', 'rows'], dtype: 'int32' },
      tokenTypes: { shape: ['length', 'rows'], dtype: 'int32' },
      segments: { shape: ['rows', 'length'], dtype: 'int32' },
      pool: { shape: ['rows', 'slots', 'length'] },
      ...weightSignature(config, head),
    },
  );
