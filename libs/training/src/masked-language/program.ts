import { cacheByStructure, compile, type Signature } from '@taxon/compute';
import { encoder, encoderShapes, maskedLanguageShapes, transform, type EncoderConfig, type Parameters } from '@taxon/models'; // prettier-ignore
import type { PackShape } from '@taxon/text';
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-core/dist/register_all_gradients.js';
import { gradientName, int8Signature, sumName } from '../programs.ts';

export interface MaskedProgramOptions {
  encoder: EncoderConfig;
  shape: PackShape;
  /** Hidden words that a batch has room for. */
  places: number;
  dropout: number;
  recompute: boolean;
  /** Weights whose products are computed in int8. */
  int8: readonly string[];
}

// T = rows · length tokens, K: places, H: hidden, V: vocabulary.

/** Of the encoder and of the masked-language head. */
export const maskedShapes = (config: EncoderConfig): Record<string, number[]> => ({
  ...encoderShapes(config),
  ...maskedLanguageShapes(config),
});

/** [K, V] → [K, 1]; its gradient is the softmax, in one pass. */
const logSumExp = tf.customGrad((x, save) => {
  const value = tf.logSumExp(x as tf.Tensor, -1, true);
  (save as tf.GradSaveFunc)([x as tf.Tensor, value]);
  return {
    value,
    gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => tf.mul(dy, tf.exp(tf.sub(saved[0]!, saved[1]!))),
  };
});

export interface MaskedTensors {
  /** [T, H] */
  embeddings: tf.Tensor;
  /** [R, S] int32 */
  segments: tf.Tensor;
  /** [K] int32 */
  places: tf.Tensor;
  /** [K] int32 */
  targets: tf.Tensor;
  /** [K] 1 for places that are used */
  weights: tf.Tensor;
  /** [V, H] */
  words: tf.Tensor;
  dropoutKey?: tf.Tensor;
}

/** Cross-entropy of every hidden word over the whole vocabulary, [K]. */
export const placeLosses = (p: Parameters, inputs: MaskedTensors, options: MaskedProgramOptions): tf.Tensor => {
  const { embeddings, segments, places, targets, weights, words, dropoutKey } = inputs;
  const dropout = dropoutKey && { rate: options.dropout, key: dropoutKey };
  const states = encoder(p, { embeddings, segments, dropout, recompute: options.recompute }, options.encoder);
  const x = transform(p, tf.gather(states, places as tf.Tensor1D), options.encoder.layerNormEpsilon); // [K, H]
  const bias = p['predictions.bias']!;
  const logits = tf.add(tf.matMul(x as tf.Tensor2D, words as tf.Tensor2D, false, true), bias);
  const right = tf.add(
    tf.sum(tf.mul(x, tf.gather(words, targets as tf.Tensor1D)), -1),
    tf.gather(bias, targets as tf.Tensor1D),
  );
  return tf.mul(tf.sub(tf.reshape(logSumExp(logits), [options.places]), right), weights);
};

/**
 * Losses [K] of a batch; of their sum over `count`, the gradient of every parameter, added to what `sum.NAME` feeds, and of
 * the embeddings [T, H]. The decoder's matrix, the word embeddings, is held fixed: it learns by what the texts read.
 */
export const compileMaskedGradients = cacheByStructure((options: MaskedProgramOptions) => {
  const { rows, length } = options.shape;
  const shapes = maskedShapes(options.encoder);
  const names = Object.keys(shapes);
  const signature: Signature = {
    ...Object.fromEntries(names.map((name) => [name, { shape: shapes[name]! }])),
    ...Object.fromEntries(names.map((name) => [sumName(name), { shape: shapes[name]! }])),
    ...int8Signature(options.int8, shapes),
    embeddings: { shape: [rows * length, options.encoder.hidden] },
    segments: { shape: [rows, length], dtype: 'int32' },
    places: { shape: [options.places], dtype: 'int32' },
    targets: { shape: [options.places], dtype: 'int32' },
    weights: { shape: [options.places] },
    words: { shape: [options.encoder.vocabulary, options.encoder.hidden] },
    count: { shape: [] },
    ...(options.dropout > 0 ? { dropoutKey: { shape: [], dtype: 'int32' } } : {}),
  };
  return compile((inputs) => {
    let losses: tf.Tensor | undefined;
    const loss = (embeddings: tf.Tensor, ...values: tf.Tensor[]): tf.Scalar => {
      const p = { ...inputs, ...Object.fromEntries(names.map((name, i) => [name, values[i]!])) };
      losses = tf.keep(placeLosses(p, { ...(inputs as unknown as MaskedTensors), embeddings }, options));
      return tf.div(tf.sum(losses), inputs.count!);
    };
    const { grads } = tf.valueAndGrads(loss)([inputs.embeddings!, ...names.map((name) => inputs[name]!)]);
    const named = names.map((name, i) => [gradientName(name), tf.add(inputs[sumName(name)]!, grads[i + 1]!)] as const);
    return { losses: losses!, [gradientName('embeddings')]: grads[0]!, ...Object.fromEntries(named) };
  }, signature);
});
