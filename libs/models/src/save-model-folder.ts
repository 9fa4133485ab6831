import { mkdir, readFile, readdir, writeFile } from 'node:fs/promises';
import { join, relative, resolve, sep } from 'node:path';
import { invalidInput } from '@taxon/errors';
import { digestOf } from './digest.ts';
import type { EncoderConfig } from './encoder-config.ts';
import { headShapes, type HeadConfig } from './head.ts';
import { labelMaps } from './labels.ts';
import { modelCard, type ModelCard } from './model-card.ts';
import { traceOnnxModel } from './onnx-export.ts';
import { expectReplaceable, replaceFolder } from './replace-folder.ts';
import { writeSafetensors } from './safetensors.ts';
import { formatVersion, type TaxonJson } from './taxon-json.ts';
import { copyTokenizer } from './tokenizer-files.ts';
import { encoderTensors, parameterShapes, parameterTensors, type Weights } from './weights.ts';

/** What is saved. A `ModelFolder` that has a head is one. */
export interface SavableModel {
  encoder: EncoderConfig;
  head: HeadConfig;
  weights: Weights;
  /** One a class, in the order of the logits. */
  labels: readonly string[];
  /** Longest text in tokens, special tokens included. */
  maxLength: number;
}

export interface SaveModelOptions {
  /** Folder whose tokenizer, and whose further keys of `config.json`, the model takes over. */
  tokenizerFrom: string;
  card: ModelCard;
  /** Where the model comes from (encoder, recipe, data, digests): kept in `taxon.json`. */
  lineage?: TaxonJson['lineage'];
  /** Entries of the target folder that stay, such as a run's report. @default ['run'] */
  keep?: readonly string[];
  signal?: AbortSignal;
}

const marker = 'taxon.json';
const defaultKeep = ['run'];

const expectSavable = ({ encoder, head, weights, labels, maxLength }: SavableModel): void => {
  if (labels.length !== head.classes || new Set(labels).size !== labels.length)
    throw invalidInput(
      `${labels.length} labels, ${new Set(labels).size} of them distinct, for ${head.classes} classes`,
    );
  if (labels.length < 2) throw invalidInput('a classifier needs at least 2 labels');
  if (!(maxLength >= 2 && maxLength <= encoder.positions))
    throw invalidInput(`maxLength is ${maxLength}; the encoder takes 2 to ${encoder.positions}`);
  if (head.kind === 'pooler' && (head.pooling !== 'cls' || head.normalize))
    throw invalidInput('a pooler head pools by cls and does not normalise: Hugging Face has no other');
  for (const [name, shape] of Object.entries(parameterShapes(encoder, head))) {
    const size = shape.reduce((a, b) => a * b, 1);
    const found = weights.parameters[name]?.length;
    if (found !== size) throw invalidInput(`weights: '${name}' has ${found ?? 'no'} numbers; the config says ${size}`);
  }
};

const writeJson = (path: string, value: unknown): Promise<void> =>
  writeFile(path, `${JSON.stringify(value, null, 2)}\n`);

/** Keys of the source's config that tell of its own making. */
const notTakenOver = ['_name_or_path', 'transformers_version', 'torch_dtype', 'label2id', 'id2label', 'is_local'];

const configJson = (base: Record<string, unknown>, { encoder, head, labels }: SavableModel): object => {
  const taken = Object.fromEntries(Object.entries(base).filter(([key]) => !notTakenOver.includes(key)));
  return {
    ...taken,
    architectures: [head.kind === 'pooler' ? 'BertForSequenceClassification' : 'BertModel'],
    model_type: 'bert',
    dtype: 'float32',
    num_hidden_layers: encoder.layers,
    hidden_size: encoder.hidden,
    num_attention_heads: encoder.heads,
    intermediate_size: encoder.intermediate,
    max_position_embeddings: encoder.positions,
    vocab_size: encoder.vocabulary,
    type_vocab_size: encoder.types,
    layer_norm_eps: encoder.layerNormEpsilon,
    hidden_act: 'gelu',
    position_embedding_type: 'absolute',
    problem_type: 'single_label_classification',
    ...labelMaps(labels),
  };
};

const readBaseConfig = async (folder: string): Promise<Record<string, unknown>> => {
  const text = await readFile(join(folder, 'config.json'), 'utf8').catch(() => '{}');
  return JSON.parse(text) as Record<string, unknown>;
};

/** A mean- or `[CLS]`-pooled head as sentence-transformers modules; the module names are those that all versions know. */
const writeSentenceModules = async (
  folder: string,
  { encoder: { hidden }, head, weights, maxLength }: SavableModel,
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
    word_embedding_dimension: hidden,
    pooling_mode_cls_token: head.pooling === 'cls',
    pooling_mode_mean_tokens: head.pooling === 'mean',
    pooling_mode_max_tokens: false,
    pooling_mode_mean_sqrt_len_tokens: false,
  });
  if (head.normalize) await writeJson(join(folder, '2_Normalize', 'config.json'), {});
  const dense = join(folder, modules.at(-1)!.path);
  await writeJson(join(dense, 'config.json'), {
    in_features: hidden,
    out_features: head.classes,
    bias: true,
    activation_function: 'torch.nn.modules.linear.Identity',
  });
  const tensors = [...parameterTensors(weights.parameters, headShapes(head, { hidden } as EncoderConfig))];
  const named = tensors.map(([name, tensor]) => [name.replace('classifier', 'linear'), tensor] as const);
  await writeSafetensors(join(dense, 'model.safetensors'), new Map(named));
  await writeJson(join(folder, 'sentence_bert_config.json'), { max_seq_length: maxLength, do_lower_case: false });
  await writeJson(join(folder, 'config_sentence_transformers.json'), {
    __version__: { sentence_transformers: '2.0.0', transformers: '4.6.1', pytorch: '1.8.1' },
    prompts: {},
    default_prompt_name: null,
  });
};

const writeWeights = async (folder: string, { encoder, head, weights }: SavableModel): Promise<void> => {
  const path = join(folder, 'model.safetensors');
  if (head.kind === 'dense') return writeSafetensors(path, encoderTensors(weights, encoder));
  const tensors = encoderTensors(weights, encoder, 'bert.');
  for (const [name, tensor] of parameterTensors(weights.parameters, headShapes(head, encoder)))
    tensors.set(name.startsWith('pooler') ? `bert.${name}` : name, tensor);
  return writeSafetensors(path, tensors);
};

const writeOnnx = async (folder: string, model: SavableModel): Promise<void> => {
  await mkdir(join(folder, 'onnx'));
  await writeFile(join(folder, 'onnx', 'model.onnx'), traceOnnxModel(model).encode());
};

const headInWords = ({ kind, pooling, normalize }: HeadConfig): string => {
  if (kind === 'pooler') return "BERT's [CLS] pooler, linear layer";
  return `${pooling === 'mean' ? 'mean' : '[CLS]'} pooling, ${normalize ? 'L2 normalisation, ' : ''}linear layer`;
};

const digestsOf = async (folder: string, signal?: AbortSignal): Promise<Record<string, string>> => {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map(({ parentPath, name }) => join(parentPath, name));
  const digests: Record<string, string> = {};
  for (const path of files.sort()) digests[relative(folder, path).split(sep).join('/')] = await digestOf(path, signal);
  return digests;
};

/**
 * Fails early where `saveModelFolder` would fail late.
 * @throws TaxonError `already_exists` when the folder holds anything that Taxon did not write
 */
export const expectModelTarget = (folder: string, keep: readonly string[] = defaultKeep): Promise<void> =>
  expectReplaceable(resolve(folder), { marker, keep });

/**
 * Writes a model folder that other tools load unchanged: sentence-transformers modules for a dense head, a
 * `BertForSequenceClassification` for a pooler head, `onnx/model.onnx`, a model card, and `taxon.json` with digests.
 * Whole or not at all; a model folder of ours in its place is replaced.
 * @throws TaxonError `invalid_input` where model and labels do not fit, `already_exists` when the folder holds anything
 * that Taxon did not write, `resource_exhausted` when the disk is full, `failed_precondition` when it is read-only
 */
export const saveModelFolder = async (
  folder: string,
  model: SavableModel,
  { tokenizerFrom, card, lineage = {}, keep = defaultKeep, signal }: SaveModelOptions,
): Promise<void> => {
  expectSavable(model);
  const { head, labels, maxLength } = model;
  const source = resolve(tokenizerFrom);
  await replaceFolder(folder, { marker, keep }, async (fresh) => {
    const steps = [
      async () => writeJson(join(fresh, 'config.json'), configJson(await readBaseConfig(source), model)),
      () => copyTokenizer(source, fresh, maxLength),
      () => writeWeights(fresh, model),
      ...(head.kind === 'dense' ? [() => writeSentenceModules(fresh, model)] : []),
      () => writeOnnx(fresh, model),
    ];
    for (const step of steps) {
      signal?.throwIfAborted();
      await step();
    }
    const facts = { labels, maxLength, head: headInWords(head), sentenceTransformers: head.kind === 'dense' };
    await writeFile(join(fresh, 'README.md'), modelCard(card, facts));
    const { kind, pooling, normalize, classes } = head;
    const taxon: TaxonJson = {
      formatVersion,
      task: 'single-label',
      labels: [...labels],
      head: { kind, pooling, normalize, classes },
      maxLength,
      lineage,
      digests: await digestsOf(fresh, signal),
    };
    await writeJson(join(fresh, marker), taxon);
  });
};
