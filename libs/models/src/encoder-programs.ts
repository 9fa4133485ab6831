import { compile, type Program, type Signature } from '@taxon/compute';
import * as tf from '@tensorflow/tfjs-core';
import type { EncoderConfig } from './encoder-config.ts';
import { encoder, encoderShapes, type Parameters } from './encoder.ts';
import { features } from './head.ts';
import { maskedLanguageLogits, maskedLanguageShapes } from './masked-language-head.ts';

// Programs of an encoder without a classifier, with open sizes as those of `traceServingProgram`: S positions a row, R rows.

const textInputs: Signature = {
  ids: { shape: ['length', 'rows'], dtype: 'int32' },
  ordinals: { shape: ['length', 'rows'], dtype: 'int32' },
  tokenTypes: { shape: ['length', 'rows'], dtype: 'int32' },
  segments: { shape: ['rows', 'length'], dtype: 'int32' },
};

const weightsOf = (config: EncoderConfig, more: Record<string, number[]> = {}): Signature => {
  const shapes: Record<string, number[]> = {
    words: [config.vocabulary, config.hidden],
    positions: [config.positions, config.hidden],
    types: [config.types, config.hidden],
    ...encoderShapes(config),
    ...more,
  };
  return Object.fromEntries(Object.entries(shapes).map(([name, shape]) => [name, { shape }]));
};

/** [S·R, H] token states, position-major. */
const statesOf = (inputs: Parameters, config: EncoderConfig): tf.Tensor => {
  const [length, rows] = inputs.ids!.shape as [number, number];
  const flat = (x: tf.Tensor): tf.Tensor1D => tf.reshape(x, [length * rows]);
  const embeddings = tf.add(
    tf.add(tf.gather(inputs.words!, flat(inputs.ids!)), tf.gather(inputs.positions!, flat(inputs.ordinals!))),
    tf.gather(inputs.types!, flat(inputs.tokenTypes!)),
  );
  return encoder(inputs, { embeddings, segments: inputs.segments! }, config);
};

/** Packed texts to embeddings of length 1: `pool` [R, M, S] in, `embeddings` [R·M, H] out. */
export const traceEmbeddingProgram = (config: EncoderConfig, pooling: 'mean' | 'cls'): Program =>
  compile(
    (inputs) => ({
      embeddings: features(inputs, statesOf(inputs, config), inputs.pool!, {
        kind: 'dense',
        pooling,
        normalize: true,
        classes: 0,
      }),
    }),
    { ...textInputs, pool: { shape: ['rows', 'slots', 'length'] }, ...weightsOf(config) },
  );

/** Packed texts to the words that may stand at their masks: `places` [K] of S·R in, `logits` [K, V] out. */
export const traceMaskProgram = (config: EncoderConfig): Program =>
  compile(
    (inputs) => {
      const states = tf.gather(statesOf(inputs, config), inputs.places as tf.Tensor1D);
      return { logits: maskedLanguageLogits(inputs, states, inputs.words!, config) };
    },
    {
      ...textInputs,
      places: { shape: ['places'], dtype: 'int32' },
      ...weightsOf(config, maskedLanguageShapes(config)),
    },
  );
