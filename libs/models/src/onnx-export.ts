import { compile, type Program, type Tensors } from '@taxon/compute';
import * as tf from '@tensorflow/tfjs-core';
import { bindWeights, weightSignature } from './bind-weights.ts';
import type { EncoderConfig } from './encoder-config.ts';
import { encoder } from './encoder.ts';
import { features, logits, type HeadConfig } from './head.ts';
import type { Prompt } from './prompt.ts';
import { useStandardOperators } from './standard-operators.ts';
import type { Weights } from './weights.ts';

/** A classifier whose numbers are at hand. */
export interface ExportModel {
  encoder: EncoderConfig;
  head: HeadConfig;
  weights: Weights;
  /** Whether it reads `token_type_ids`. @default false */
  pairs?: boolean;
  /** Of a prompt head. */
  prompt?: Pick<Prompt, 'maskId'>;
}

/** Pooling weights of a text a row, [B, S]. */
export const exportPool = (
  { ids, mask, ordinals }: Record<'ids' | 'mask' | 'ordinals', tf.Tensor>,
  { pooling }: Pick<HeadConfig, 'pooling'>,
  prompt: ExportModel['prompt'],
): tf.Tensor => {
  const real = tf.cast(mask, 'float32');
  const pools: Record<HeadConfig['pooling'], () => tf.Tensor> = {
    mean: () => tf.div(real, tf.maximum(tf.sum(real, 1, true), 1e-9)), // sentence-transformers' own bound
    cls: () => tf.cast(tf.equal(ordinals, tf.scalar(0, 'int32')), 'float32'),
    mask: () => tf.cast(tf.equal(ids, tf.scalar(prompt!.maskId, 'int32')), 'float32'),
  };
  return pools[pooling]();
};

/** One text a row, as Hugging Face's libraries feed a BERT. B: batch, S: sequence. */
const forward = (inputs: Tensors, { encoder: config, head, prompt }: ExportModel): Tensors => {
  const { input_ids: ids, attention_mask: mask } = inputs as { input_ids: tf.Tensor2D; attention_mask: tf.Tensor2D };
  const types = inputs.token_type_ids as tf.Tensor2D | undefined;
  const [batch, sequence] = ids.shape;
  const ordinals = tf.cumsum(tf.onesLike(ids), 1, true); // [B, S] 0, 1, 2, …
  const flat = (x: tf.Tensor): tf.Tensor1D => tf.reshape(tf.transpose(x), [sequence * batch]); // position-major
  const embeddings = tf.add(
    tf.add(tf.gather(inputs.words!, flat(ids)), tf.gather(inputs.positions!, flat(ordinals))),
    types === undefined ? tf.slice(inputs.types!, [0, 0], [1, config.hidden]) : tf.gather(inputs.types!, flat(types)),
  );
  const pool = exportPool({ ids, mask, ordinals }, head, prompt);
  const states = encoder(inputs, { embeddings, segments: tf.sub(mask, tf.scalar(1, 'int32')) }, config);
  return { logits: logits(inputs, features(inputs, states, tf.reshape(pool, [batch, 1, sequence]), head)) };
};

/** Others feed int64; the tracer, as tfjs, knows int32. */
export const takeInt64 = ({ graph }: Program): void => {
  for (const input of graph.inputs) {
    const narrow = `${input.name}_int32`;
    for (const node of graph.nodes) node.inputs = node.inputs.map((name) => (name === input.name ? narrow : name));
    const cast = { op: 'Cast', domain: '' as const, inputs: [input.name], outputs: [narrow], attributes: { to: 6 } };
    graph.nodes.unshift(cast);
  }
  graph.inputs = graph.inputs.map((input) => ({ ...input, dtype: 'int64' }));
};

/**
 * The classifier as one ONNX graph of standard operators: `input_ids` and `attention_mask`, int64 [batch, sequence], to
 * `logits`, float32 [batch, classes]. Batch and sequence are open. A model for pairs takes `token_type_ids` as well.
 */
export const traceOnnxModel = (model: ExportModel): Program => {
  const shape = ['batch', 'sequence'];
  const program = compile((inputs) => forward(inputs, model), {
    input_ids: { shape, dtype: 'int32' },
    attention_mask: { shape, dtype: 'int32' },
    ...(model.pairs === true ? { token_type_ids: { shape, dtype: 'int32' as const } } : {}),
    ...weightSignature(model.encoder, model.head),
  });
  bindWeights(program, model.weights);
  useStandardOperators(program.graph);
  takeInt64(program);
  return program;
};
