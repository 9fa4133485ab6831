import { encoder, features, logits, type Parameters } from '@taxon/models';
import type { PackedBatch, PackShape } from '@taxon/text';
import * as tf from '@tensorflow/tfjs-core';
import { packedForward, type ForwardPass, type SlotOutputs } from './forward-pass.ts';
import { embedTokens, type ModelState } from './model-state.ts';

const uploadParameters = ({ parameters }: ModelState): Parameters =>
  Object.fromEntries(
    // A copy: the backend may read it late.
    Object.entries(parameters).map(([name, { data, shape }]) => [name, tf.tensor(data.slice(), [...shape])]),
  );

/** The forward pass on the current tfjs backend; the host's weights are copied to its device once a run. */
export const createEagerForwardPass = (state: ModelState, shape: PackShape): ForwardPass => {
  const { rows, length, slots } = shape;
  const { hidden } = state.encoder;
  const outputsOf = (current: ModelState, p: Parameters, batch: PackedBatch): Record<keyof SlotOutputs, tf.Tensor> => {
    const embeddings = new Float32Array(rows * length * hidden);
    embedTokens(current, batch, embeddings);
    const inputs = {
      embeddings: tf.tensor2d(embeddings, [rows * length, hidden]),
      segments: tf.tensor2d(batch.segments, [rows, length], 'int32'),
    };
    const x = encoder(p, inputs, current.encoder);
    const pooled = features(p, x, tf.tensor3d(batch.pool, [rows, slots, length]), current.head);
    return { features: pooled, logits: logits(p, pooled) };
  };
  return packedForward(
    state,
    shape,
    (current) => {
      const p = uploadParameters(current);
      return {
        async forward(batch) {
          const outputs = tf.tidy(() => outputsOf(current, p, batch));
          const [pooled, scores] = await Promise.all([outputs.features.data(), outputs.logits.data()]);
          tf.dispose(outputs);
          return { features: pooled as Float32Array, logits: scores as Float32Array };
        },
        end: () => tf.dispose(p),
      };
    },
    () => Promise.resolve(),
  );
};
