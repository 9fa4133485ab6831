import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { EncoderConfig } from './encoder-config.ts';
import { headShapes, type HeadConfig } from './head.ts';
import { writeSafetensors } from './safetensors.ts';
import type { SavableModel } from './model-folder.ts';
import { parameterTensors } from './weights.ts';
import { writeJson } from './write-json.ts';

/** From texts to pooled features. */
export interface EncoderModules {
  encoder: Pick<EncoderConfig, 'hidden'>;
  pooling: HeadConfig['pooling'];
  normalize: boolean;
  maxLength: number;
}

/**
 * The modules up to the features; the names are those that all versions of sentence-transformers know.
 * @param further kinds of the modules that follow, whose folders the caller fills
 * @returns the folders of all modules
 */
export const writeEncoderModules = async (
  folder: string,
  { encoder, pooling, normalize, maxLength }: EncoderModules,
  further: readonly string[] = [],
): Promise<string[]> => {
  const chain = ['Transformer', 'Pooling', ...(normalize ? ['Normalize'] : []), ...further];
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
    pooling_mode_cls_token: pooling === 'cls',
    pooling_mode_mean_tokens: pooling === 'mean',
    pooling_mode_max_tokens: false,
    pooling_mode_mean_sqrt_len_tokens: false,
  });
  if (normalize) await writeJson(join(folder, '2_Normalize', 'config.json'), {});
  await writeJson(join(folder, 'sentence_bert_config.json'), { max_seq_length: maxLength, do_lower_case: false });
  await writeJson(join(folder, 'config_sentence_transformers.json'), {
    __version__: { sentence_transformers: '2.0.0', transformers: '4.6.1', pytorch: '1.8.1' },
    prompts: {},
    default_prompt_name: null,
  });
  return modules.map(({ path }) => join(folder, path));
};

/** A mean- or `[CLS]`-pooled head as sentence-transformers modules. */
export const writeSentenceModules = async (folder: string, model: SavableModel): Promise<void> => {
  const { encoder, head, weights, maxLength } = model;
  const dense = (await writeEncoderModules(folder, { ...head, encoder, maxLength }, ['Dense'])).at(-1)!;
  await writeJson(join(dense, 'config.json'), {
    in_features: encoder.hidden,
    out_features: head.classes,
    bias: true,
    activation_function: 'torch.nn.modules.linear.Identity',
  });
  const tensors = [...parameterTensors(weights.parameters, headShapes(head, encoder))];
  const named = tensors.map(([name, tensor]) => [name.replace('classifier', 'linear'), tensor] as const);
  await writeSafetensors(join(dense, 'model.safetensors'), new Map(named));
};
