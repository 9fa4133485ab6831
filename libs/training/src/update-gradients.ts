import { loop, type Tensors } from '@taxon/compute';
import type { Parameters } from '@taxon/models';
import * as tf from '@tensorflow/tfjs-core';
import type { FlatLayout } from './flat-state.ts';
import { slotLosses } from './programs.ts';
import type { UpdateProgramOptions } from './update-program.ts';

/** Of one update. */
export interface Gradients {
  /** [P] */
  flat: tf.Tensor;
  /** [U, H] */
  rows: tf.Tensor;
}

/** What the gradient of an update is taken of. */
export interface Given {
  /** [P] */
  flat: tf.Tensor;
  /** The same, cut up. */
  parameters: Parameters;
  /** [U, H] */
  rowValues: tf.Tensor;
  /** On the sum of the losses: 1/count, times the loss scale. */
  factor: tf.Tensor;
}

/** One element along the first axis. */
export const at = (x: tf.Tensor, index: tf.Tensor): tf.Tensor => tf.gather(x, index);

/** Forward and backward of one batch of an update. */
const backward = (
  inputs: Tensors,
  [update, batch]: [tf.Tensor, tf.Tensor],
  { parameters, rowValues, factor }: Given,
  layout: FlatLayout,
  options: UpdateProgramOptions,
): Gradients & { losses: tf.Tensor } => {
  const pick = (name: string): tf.Tensor => at(at(inputs[name]!, update), batch);
  const dropout = inputs.dropoutKeys && { rate: options.dropout, key: pick('dropoutKeys') };
  const names = layout.parameters.map(({ name }) => name);
  let losses: tf.Tensor | undefined;
  const loss = (rows: tf.Tensor, ...values: tf.Tensor[]): tf.Scalar => {
    const p = Object.fromEntries(names.map((name, i) => [name, values[i]!]));
    const [words, positions, types] = tf.split(tf.gather(rows, pick('rowOf') as tf.Tensor1D), 3); // [T, H] each
    const embeddings = tf.add(tf.add(words!, positions!), types!);
    const batchTensors = { embeddings, segments: pick('segments'), pool: pick('pool'), targets: pick('targets') };
    losses = tf.keep(slotLosses(p, { ...batchTensors, known: pick('known'), dropout }, options));
    return tf.mul(tf.sum(losses), factor);
  };
  const { grads } = tf.valueAndGrads(loss)([rowValues, ...names.map((name) => parameters[name]!)]);
  const [rows, ...others] = grads as [tf.Tensor, ...tf.Tensor[]];
  return { rows, flat: tf.concat(others.map((gradient) => tf.reshape(gradient, [-1]))), losses: losses! };
};

/** The gradient of an update, summed over its batches. */
export const gradientsOf = (
  inputs: Tensors,
  update: tf.Tensor,
  given: Given,
  layout: FlatLayout,
  options: UpdateProgramOptions,
): Gradients & { losses: tf.Tensor } => {
  if (options.batchesPerUpdate === 1) {
    const { losses, ...gradients } = backward(inputs, [update, tf.scalar(0, 'int32')], given, layout, options);
    return { ...gradients, losses: tf.expandDims(losses) };
  }
  const { state, outputs } = loop({
    times: options.batchesPerUpdate,
    state: { flat: tf.zerosLike(given.flat), rows: tf.zerosLike(given.rowValues) },
    body: (sum, batch) => {
      const { flat, rows, losses } = backward(inputs, [update, batch], given, layout, options);
      return { state: { flat: tf.add(sum.flat, flat), rows: tf.add(sum.rows, rows) }, outputs: { losses } };
    },
  });
  return { ...state, losses: outputs.losses };
};
