import { existsSync } from 'node:fs';
import { isAbsolute, join, normalize as normalizePath } from 'node:path';
import { invalidInput } from '@taxon/errors';
import { z } from 'zod';
import { readJson, readOptionalJson } from './read-json.ts';

// A sentence-transformers folder: modules.json lists, in order, what a text goes through. Of its modules we know
// Transformer, Pooling, Normalize and Dense, in this order; the last two may be absent.

/** The folder of a Dense module, and what its config says. */
export interface DenseModule {
  folder: string;
  inputs: number;
  outputs: number;
  bias: boolean;
}

export interface SentenceModules {
  encoderFolder: string;
  /** Absent: the folder lists a Transformer alone. */
  pooling?: 'mean' | 'cls';
  normalize: boolean;
  dense?: DenseModule;
}

const modulesSchema = z.array(z.looseObject({ path: z.string(), type: z.string() })).min(1);

const poolingSchema = z.looseObject({
  pooling_mode: z.union([z.string(), z.array(z.string())]).optional(),
  word_embedding_dimension: z.int().optional(),
  embedding_dimension: z.int().optional(),
});

const denseSchema = z.looseObject({
  in_features: z.int().min(1).max(65_536),
  out_features: z.int().min(1).max(1_000_000),
  bias: z.boolean().default(true),
  activation_function: z.string().default('torch.nn.modules.activation.Tanh'),
  module_input_name: z.string().default('sentence_embedding'),
  module_output_name: z.string().nullish(),
  use_residual: z.boolean().default(false),
});

const promptSchema = z.looseObject({
  default_prompt_name: z.string().nullish(),
  prompts: z.record(z.string(), z.string()).nullish(),
});

/** sentence-transformers before 5 wrote one flag a mode. */
const legacyModes: Record<string, string> = {
  pooling_mode_cls_token: 'cls',
  pooling_mode_mean_tokens: 'mean',
  pooling_mode_max_tokens: 'max',
  pooling_mode_mean_sqrt_len_tokens: 'mean_sqrt_len_tokens',
  pooling_mode_weightedmean_tokens: 'weightedmean',
  pooling_mode_lasttoken: 'lasttoken',
};

const readPooling = async (folder: string, hidden: number): Promise<'mean' | 'cls'> => {
  const path = join(folder, 'config.json');
  const config = await readJson(path, poolingSchema);
  const flags = Object.entries(legacyModes).filter(([flag]) => config[flag] === true);
  const named = config.pooling_mode ?? flags.map(([, mode]) => mode);
  const mode = typeof named === 'string' ? named : named.join('+') || 'mean';
  if (mode !== 'mean' && mode !== 'cls') throw invalidInput(`${path}: pooling is '${mode}'; supported: mean, cls`);
  const width = config.embedding_dimension ?? config.word_embedding_dimension ?? hidden;
  if (width !== hidden) throw invalidInput(`${path}: pools ${width} numbers a token; the encoder has ${hidden}`);
  return mode;
};

const readDense = async (folder: string, hidden: number): Promise<DenseModule> => {
  const path = join(folder, 'config.json');
  const config = await readJson(path, denseSchema);
  const activation = config.activation_function.split('.').at(-1)!;
  if (activation !== 'Identity')
    throw invalidInput(`${path}: activation_function is '${config.activation_function}'; supported: Identity`);
  if (config.use_residual) throw invalidInput(`${path}: use_residual is true; supported: false`);
  for (const key of ['module_input_name', 'module_output_name'] as const) {
    const name = config[key] ?? 'sentence_embedding';
    if (name !== 'sentence_embedding')
      throw invalidInput(`${path}: ${key} is '${name}'; supported: sentence_embedding`);
  }
  if (config.in_features !== hidden)
    throw invalidInput(`${path}: in_features is ${config.in_features}; the encoder's hidden_size is ${hidden}`);
  return { folder, inputs: config.in_features, outputs: config.out_features, bias: config.bias };
};

/** Texts that a folder wants prefixed would be encoded differently here: better refused than quietly wrong. */
const refusePrompt = async (folder: string): Promise<void> => {
  const path = join(folder, 'config_sentence_transformers.json');
  const config = await readOptionalJson(path, promptSchema);
  const name = config?.default_prompt_name;
  if (name && config.prompts?.[name])
    throw invalidInput(`${path}: default_prompt_name is '${name}', a text before every text; supported: none`);
};

const kinds = ['Transformer', 'Pooling', 'Normalize', 'Dense'] as const;
type Kind = (typeof kinds)[number];

const supportedOrder = 'supported: Transformer, Pooling, then Normalize and Dense or either or none';

interface ListedModule {
  kind: Kind;
  folder: string;
}

const listModules = async (folder: string, path: string): Promise<ListedModule[]> => {
  const listed = await readJson(path, modulesSchema);
  return listed.map(({ type, path: relative }, i) => {
    const kind = kinds.find((known) => type.split('.').at(-1) === known);
    if (kind === undefined || !type.startsWith('sentence_transformers.'))
      throw invalidInput(`${path}: module ${i} is '${type}'; ${supportedOrder}`);
    if (isAbsolute(relative) || normalizePath(relative).startsWith('..'))
      throw invalidInput(`${path}: module ${i} has path '${relative}', which leaves the model's folder`);
    return { kind, folder: join(folder, relative) };
  });
};

/**
 * Reads `modules.json` and the modules' own configs.
 * @param hiddenOf width of the encoder in a folder
 * @returns undefined where the folder has no `modules.json`
 * @throws TaxonError `invalid_input` naming the file, the module or field, and what is supported
 */
export const readSentenceModules = async (
  folder: string,
  hiddenOf: (encoderFolder: string) => Promise<number>,
): Promise<SentenceModules | undefined> => {
  const path = join(folder, 'modules.json');
  if (!existsSync(path)) return undefined;
  const modules = await listModules(folder, path);
  const order = modules.map(({ kind }) => kind).join(', ');
  if (!/^Transformer(, Pooling(, Normalize)?(, Dense)?)?$/.test(order))
    throw invalidInput(`${path}: the modules are ${order}; ${supportedOrder}`);
  await refusePrompt(folder);
  const find = (kind: Kind): string | undefined => modules.find((module) => module.kind === kind)?.folder;
  const encoderFolder = find('Transformer')!;
  const hidden = await hiddenOf(encoderFolder);
  const pooling = find('Pooling');
  const dense = find('Dense');
  return {
    encoderFolder,
    pooling: pooling === undefined ? undefined : await readPooling(pooling, hidden),
    normalize: find('Normalize') !== undefined,
    dense: dense === undefined ? undefined : await readDense(dense, hidden),
  };
};
