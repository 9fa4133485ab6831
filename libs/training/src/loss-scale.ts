import { choose, type FeedTensor, type Signature, type Tensors } from '@taxon/compute';
import * as tf from '@tensorflow/tfjs-core';

// Gradients are smaller than what float16 can hold: they are computed from a loss that is scaled up (Micikevicius et al. 2018).
// The scale feels its way along the upper end: halved by a gradient that overflows, whose update is skipped, and doubled
// after many that did not.

/** Kept in the device's state. */
export interface LossScale {
  scale: tf.Tensor;
  /** Updates in a row that did not overflow. */
  good: tf.Tensor;
}

export const scaleSignature: Signature = { scale: { shape: [] }, good: { shape: [] } };

/** As PyTorch's GradScaler. */
const firstScale = 65_536;
/** Updates until the scale is tried twice as large; GradScaler waits for 2,000, more than most of our runs have. */
const patience = 200;
/** Beyond it, and below it, a scale does not help: the fault lies elsewhere. */
const [smallest, largest] = [1, 2 ** 24];

export const initialScale = (scale = firstScale): Record<keyof LossScale, FeedTensor> => ({
  scale: { shape: [], data: Float32Array.of(scale) },
  good: { shape: [], data: Float32Array.of(0) },
});

/** The scale after an update, and how many updates of the run were applied. */
export const nextScale = (
  { scale, good, done }: Tensors<keyof LossScale | 'done'>,
  applied: tf.Tensor,
): Tensors<keyof LossScale | 'done'> => {
  const more = tf.add(good, 1);
  const full = tf.greaterEqual(more, patience);
  const kept = choose(full, tf.minimum(tf.mul(scale, 2), largest), scale);
  return {
    scale: choose(applied, kept, tf.maximum(tf.mul(scale, 0.5), smallest)),
    good: choose(applied, choose(full, tf.zerosLike(more), more), tf.zerosLike(more)),
    done: tf.add(done, tf.cast(applied, 'int32')),
  };
};
