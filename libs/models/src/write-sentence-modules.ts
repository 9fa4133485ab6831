import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { headShapes } from './head.ts';
import { writeSafetensors } from './safetensors.ts';
import type { SavableModel } from './model-folder.ts';
import { parameterTensors } from './weights.ts';
import { writeJson } from './write-json.ts';

/** A mean- or `[CLS]`-pooled head as sentence-transformers modules; the module names are those that all versions know. */
export const writeSentenceModules = async (
  folder: string,
  { encoder, head, weights, maxLength }: SavableModel,
): Promise<void> => {
  const chain = ['Transformer', 'Pooling', ...(head.normalize ? ['Normalize'] : []), 'Dense'];
  const modules = chain.map((kind, i) => ({
    idx: i,
    name: String(i),
    path: i === 0 ? '' : `${i}_${kind}`,
    type: `sentence_transformers.models.${kind}`,
  }));
  await writeJson(join(folder, 'modules.json'), modules);
  for (const { path } of modules) await mkdir(join(folder, path), { recursive: true });
  await writeJson(join(folder, '1_Pooling', 'config.json'), {
    word_embedding_dimension: encoder.hidden,
    pooling_mode_cls_token: head.pooling === 'cls',
    pooling_mode_mean_tokens: head.pooling === 'mean',
    pooling_mode_max_tokens: false,
    pooling_mode_mean_sqrt_len_tokens: false,
  });
  if (head.normalize) await writeJson(join(folder, '2_Normalize', 'config.json'), {});
  const dense = join(folder, modules.at(-1)!.path);
  await writeJson(join(dense, 'config.json'), {
    in_features: encoder.hidden,
    out_features: head.classes,
    bias: true,
    activation_function: 'torch.nn.modules.linear.Identity',
  });
  const tensors = [...parameterTensors(weights.parameters, headShapes(head, encoder))];
  const named = tensors.map(([name, tensor]) => [name.replace('classifier', 'linear'), tensor] as const);
  await writeSafetensors(join(dense, 'model.safetensors'), new Map(named));
  await writeJson(join(folder, 'sentence_bert_config.json'), { max_seq_length: maxLength, do_lower_case: false });
  await writeJson(join(folder, 'config_sentence_transformers.json'), {
    __version__: { sentence_transformers: '2.0.0', transformers: '4.6.1', pytorch: '1.8.1' },
    prompts: {},
    default_prompt_name: null,
  });
};
