import { gelu, layerNorm } from '@taxon/compute';
import * as tf from '@tensorflow/tfjs-core';
import type { EncoderConfig } from './encoder-config.ts';
import { linear, type Parameters } from './encoder.ts';

// The head of BertForMaskedLM: which word of the vocabulary stands at a place. A transform, then a decoder whose matrix is
// the table of word embeddings itself. K: places, H: hidden, V: vocabulary.

/** Parameters of the transform between the encoder and the decoder. */
export const transformShapes = ({ hidden }: Pick<EncoderConfig, 'hidden'>): Record<string, number[]> => ({
  'predictions.dense.weight': [hidden, hidden],
  'predictions.dense.bias': [hidden],
  'predictions.norm.gamma': [hidden],
  'predictions.norm.beta': [hidden],
});

/** All parameters of the head; the decoder's matrix is not among them. */
export const maskedLanguageShapes = (
  config: Pick<EncoderConfig, 'hidden' | 'vocabulary'>,
): Record<string, number[]> => ({ ...transformShapes(config), 'predictions.bias': [config.vocabulary] });

/** [K, H] token states → [K, H] what the decoder reads. */
export const transform = (p: Parameters, states: tf.Tensor, layerNormEpsilon: number): tf.Tensor =>
  layerNorm(
    gelu(linear(p, 'predictions.dense', states)),
    p['predictions.norm.gamma']!,
    p['predictions.norm.beta']!,
    layerNormEpsilon,
  );

/**
 * Logits of every word at the given places.
 * @param states [K, H] last hidden states of the places
 * @param words [V, H] word embeddings
 * @returns [K, V]
 */
export const maskedLanguageLogits = (
  p: Parameters,
  states: tf.Tensor,
  words: tf.Tensor,
  config: EncoderConfig,
): tf.Tensor =>
  tf.add(
    tf.matMul(transform(p, states, config.layerNormEpsilon) as tf.Tensor2D, words as tf.Tensor2D, false, true),
    p['predictions.bias']!,
  );

/** A head that starts from nothing: the transform hands the states on, no word is preferred. */
export const freshMaskedLanguageHead = (config: EncoderConfig): Record<string, Float32Array> => {
  const { hidden, vocabulary } = config;
  const identity = new Float32Array(hidden * hidden);
  for (let i = 0; i < hidden; i++) identity[i * hidden + i] = 1;
  return {
    'predictions.dense.weight': identity,
    'predictions.dense.bias': new Float32Array(hidden),
    'predictions.norm.gamma': new Float32Array(hidden).fill(1),
    'predictions.norm.beta': new Float32Array(hidden),
    'predictions.bias': new Float32Array(vocabulary),
  };
};
