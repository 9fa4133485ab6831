import { batchedMatMul, compile, type Program } from '@taxon/compute';
import * as tf from '@tensorflow/tfjs-core';
import { bindNumbers } from './bind-weights.ts';
import type { EncoderConfig } from './encoder-config.ts';
import { fusedEncoder, type FusedInputs } from './fused-encoder.ts';
import { featuresOf, logits, type HeadConfig } from './head.ts';
import type { ServedWeights } from './int8-matrix.ts';
import { numberSignature, servedNumbers, type ServedNumbers } from './served-numbers.ts';

/**
 * Rows of a text's pooling matrix. The second one is empty: ONNX Runtime multiplies single rows by another routine, whose sums
 * depend on how much padding follows.
 */
export const poolRows = 2;

export interface ServedModelShape {
  encoder: EncoderConfig;
  head: HeadConfig;
  /** Whether token types are read. */
  types: boolean;
}

type Traced = Record<string, tf.Tensor>;

const compileServed = (
  { types }: Pick<ServedModelShape, 'types'>,
  numbers: ServedNumbers,
  outputs: (inputs: Traced, given: FusedInputs) => Traced,
): Program => {
  const shape = ['rows', 'length'];
  const program = compile(
    (inputs) => {
      const { ids, mask, ordinals, tokenTypes } = inputs;
      return outputs(inputs, { ids: ids!, mask: mask!, ordinals: ordinals!, tokenTypes, ranges: numbers.ranges });
    },
    {
      ids: { shape, dtype: 'int32' },
      mask: { shape, dtype: 'int32' },
      ordinals: { shape: ['length'], dtype: 'int32' },
      ...(types ? { tokenTypes: { shape, dtype: 'int32' as const } } : {}),
      pool: { shape: ['rows', poolRows, 'length'] },
      ...numberSignature(numbers),
    },
  );
  bindNumbers(program, numbers.data);
  return program;
};

/**
 * Texts to logits, a text a row, with open sizes: R rows of S positions. Inputs are `ids` and `mask` [R, S], `ordinals` [S],
 * `tokenTypes` [R, S] where they are read, and `pool` [R, 2, S]: in its first row 1/length at each token for the mean, 1 at
 * `[CLS]` or the mask. The output is `logits` [2·R, classes], every second row of no meaning.
 * An answer is the same to the bit, whatever stands in the other rows and however much padding follows.
 */
export const createServingProgram = (model: ServedModelShape, weights: ServedWeights): Program => {
  const { encoder, head } = model;
  return compileServed(model, servedNumbers(weights, encoder, head), (inputs, given) => {
    const states = fusedEncoder(inputs, given, encoder); // [R, S, H]
    const pooled = tf.reshape(batchedMatMul(inputs.pool!, states), [given.ids.shape[0] * poolRows, encoder.hidden]);
    return { logits: logits(inputs, featuresOf(inputs, pooled, head)) };
  });
};

/** The same inputs to what goes into each product of the layers: outputs by unit (`matrixUnits`), [R, S, H or F]. */
export const createWatchingProgram = (model: ServedModelShape, weights: ServedWeights): Program =>
  compileServed(model, servedNumbers(weights, model.encoder, model.head), (inputs, given) => {
    const seen: Traced = {};
    fusedEncoder(inputs, { ...given, watch: (unit, x) => (seen[unit] = x) }, model.encoder);
    return seen;
  });
