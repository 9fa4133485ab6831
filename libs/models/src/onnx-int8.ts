import { compile, type Program } from '@taxon/compute';
import * as tf from '@tensorflow/tfjs-core';
import { bindNumbers } from './bind-weights.ts';
import { fusedEncoder } from './fused-encoder.ts';
import { featuresOf, logits } from './head.ts';
import type { ServedWeights } from './int8-matrix.ts';
import { exportPool, takeInt64, type ExportModel } from './onnx-export.ts';
import { numberSignature, servedNumbers } from './served-numbers.ts';

/**
 * `onnx/model_quantized.onnx`: inputs and outputs of `onnx/model.onnx`, matrices in 8 bits. ONNX Runtime's own operators: the
 * standard ones for bytes are several times slower there, and no other runtime is fast with them either.
 */
export const traceQuantizedModel = (model: Omit<ExportModel, 'weights'>, weights: ServedWeights): Program => {
  const { encoder, head, prompt, pairs = false } = model;
  const numbers = servedNumbers(weights, encoder, head);
  const shape = ['batch', 'sequence'];
  const program = compile(
    (inputs) => {
      const [ids, mask] = [inputs.input_ids as tf.Tensor2D, inputs.attention_mask as tf.Tensor2D];
      const [batch, sequence] = ids.shape;
      const ordinals = tf.cumsum(tf.onesLike(ids), 1, true); // [B, S] 0, 1, 2, …
      const given = { ids, ordinals, tokenTypes: inputs.token_type_ids, mask, ranges: numbers.ranges };
      const states = fusedEncoder(inputs, given, encoder);
      const pool = tf.reshape(exportPool({ ids, mask, ordinals }, head, prompt), [batch, 1, sequence]);
      const pooled = tf.reshape(tf.matMul(pool, states), [batch, encoder.hidden]);
      return { logits: logits(inputs, featuresOf(inputs, pooled, head)) };
    },
    {
      input_ids: { shape, dtype: 'int32' },
      attention_mask: { shape, dtype: 'int32' },
      ...(pairs ? { token_type_ids: { shape, dtype: 'int32' as const } } : {}),
      ...numberSignature(numbers),
    },
  );
  bindNumbers(program, numbers.data);
  takeInt64(program);
  return program;
};
