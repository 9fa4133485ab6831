import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Task, TaskKind } from '@taxon/data';
import { TaxonError, invalidInput } from '@taxon/errors';
import { z } from 'zod';
import { parseEncoderConfig, type EncoderConfig } from './encoder-config.ts';
import { expectOneModel } from './ensemble-json.ts';
import type { HeadConfig } from './head.ts';
import { idToLabelSchema, labelsOf } from './labels.ts';
import type { ModelDescription } from './model-folder.ts';
import { outputNames } from './output-groups.ts';
import { readJson, readOptionalJson } from './read-json.ts';
import { openSafetensors } from './safetensors.ts';
import { readSentenceModules, type DenseModule } from './sentence-modules.ts';
import { readTaxonJson, type TaxonJson } from './taxon-json.ts';

const configSchema = z.looseObject({
  architectures: z.array(z.string()).nullish(),
  id2label: idToLabelSchema.nullish(),
  problem_type: z.string().nullish(),
  pad_token_id: z.int().min(0).nullish(),
});
type Config = z.output<typeof configSchema>;

const sentenceBertSchema = z.looseObject({
  max_seq_length: z.int().min(2).nullish(),
  do_lower_case: z.boolean().default(false),
});
const tokenizerConfigSchema = z.looseObject({ model_max_length: z.number().nullish() });

/** Tokenizers without a limit write 10³⁰. */
const largestLimit = 1e9;

/** A description, and the files that hold the head's numbers. */
export interface ModelSource {
  description: ModelDescription;
  dense: DenseModule | undefined;
  taxon: TaxonJson | undefined;
}

const readLimit = async (folder: string, encoderFolder: string): Promise<number> => {
  const path = join(encoderFolder, 'sentence_bert_config.json');
  const sentence = await readOptionalJson(path, sentenceBertSchema);
  if (sentence?.do_lower_case) await refuseUnlessLowerCasing(encoderFolder, path);
  if (sentence?.max_seq_length && existsSync(join(folder, 'modules.json'))) return sentence.max_seq_length;
  const tokenizer = await readOptionalJson(join(encoderFolder, 'tokenizer_config.json'), tokenizerConfigSchema);
  const limit = tokenizer?.model_max_length ?? Infinity;
  return limit >= 2 && limit < largestLimit ? Math.floor(limit) : Infinity;
};

/** `do_lower_case` asks for lower case before the tokenizer; uncased tokenizers do that themselves. */
const refuseUnlessLowerCasing = async (encoderFolder: string, path: string): Promise<void> => {
  const schema = z.looseObject({ normalizer: z.json().optional() });
  const tokenizer = await readOptionalJson(join(encoderFolder, 'tokenizer.json'), schema);
  if (!/"lowercase":true|"type":"Lowercase"/.test(JSON.stringify(tokenizer?.normalizer ?? null)))
    throw invalidInput(`${path}: do_lower_case is true, but the tokenizer keeps capitals; supported: false`);
};

const kinds: Readonly<Record<string, TaskKind>> = {
  single_label_classification: 'single-label',
  multi_label_classification: 'multi-label',
};

/** The task of a model that others made, as `problem_type` says it. */
const taskOf = (config: Config, labels: string[], path: string): Task => {
  const type = config.problem_type ?? 'single_label_classification';
  const kind = kinds[type];
  if (kind === undefined)
    throw invalidInput(`${path}: problem_type is '${type}'; supported: ${Object.keys(kinds).join(', ')}`);
  return { name: 'label', kind, labels };
};

/** Rows of the classifier's matrix in a `BertForSequenceClassification`. */
const countClasses = async (encoderFolder: string): Promise<number> => {
  const path = weightsPath(encoderFolder);
  const file = await openSafetensors(path);
  try {
    const [classes = 0] = file.shape('classifier.weight');
    return classes;
  } finally {
    await file.close();
  }
};

/** Numbers in 8 bits have a name of their own: others would read the bytes of a `model.safetensors` without their scales. */
export const int8File = 'model.int8.safetensors';

/** The numbers of an encoder or a Dense module. */
export const weightsPath = (folder: string): string => {
  const path = join(folder, 'model.safetensors');
  const found = [path, join(folder, int8File)].find((candidate) => existsSync(candidate));
  if (found !== undefined) return found;
  const other = ['model.safetensors.index.json', 'pytorch_model.bin'].find((name) => existsSync(join(folder, name)));
  throw invalidInput(
    `${path} does not exist`,
    other && `${join(folder, other)} is not supported: save the model as one safetensors file.`,
  );
};

const expectFolder = (folder: string): void => {
  const found = statSync(folder, { throwIfNoEntry: false });
  if (!found) throw new TaxonError({ code: 'not_found', message: `model folder ${folder} does not exist` });
  if (!found.isDirectory()) throw invalidInput(`${folder} is a file; a model is a folder with a config.json`);
};

const readConfigs = async (encoderFolder: string): Promise<{ config: Config; encoder: EncoderConfig }> => {
  const path = join(encoderFolder, 'config.json');
  const config = await readJson(path, configSchema);
  return { config, encoder: parseEncoderConfig(config, path) };
};

const checkAgainstTaxon = (
  taxon: TaxonJson,
  labels: string[] | undefined,
  { folder, head }: ModelDescription,
): void => {
  const path = join(folder, 'taxon.json');
  const same = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);
  if (!same(outputNames(taxon.space), labels))
    throw invalidInput(`${path}: labels differ from id2label in config.json`);
  const sorted = (value?: HeadConfig): unknown => value && Object.entries(value).sort();
  if (!same(sorted(taxon.head), sorted(head)))
    throw invalidInput(`${path}: head is ${JSON.stringify(taxon.head)}; the files say ${JSON.stringify(head)}`);
};

/** As `describeModelFolder`, with what is needed to read the numbers. */
export const readModelSource = async (folder: string): Promise<ModelSource> => {
  expectFolder(folder);
  await expectOneModel(folder);
  const taxon = await readTaxonJson(folder);
  const modules = await readSentenceModules(folder, async (path) => (await readConfigs(path)).encoder.hidden);
  const encoderFolder = modules?.encoderFolder ?? folder;
  const configPath = join(encoderFolder, 'config.json');
  const { config, encoder } = await readConfigs(encoderFolder);
  const { dense, normalize = false } = modules ?? {};
  const classic = modules?.pooling === undefined && config.architectures?.includes('BertForSequenceClassification');
  const pooling = modules?.pooling ?? (classic ? 'cls' : 'mean');
  const description: ModelDescription = {
    folder,
    encoderFolder,
    encoder,
    pooling,
    normalize,
    maxLength: Math.min(taxon?.maxLength ?? (await readLimit(folder, encoderFolder)), encoder.positions),
    padId: config.pad_token_id ?? 0,
    ...(taxon && {
      pairs: taxon.pairs ?? false,
      ...(taxon.prompt && { prompt: taxon.prompt }),
      ...(taxon.precision && { precision: taxon.precision }),
      lineage: taxon.lineage,
    }),
  };
  // No format but ours knows prompts.
  const prompted = taxon?.head.kind === 'prompt' ? taxon.head : undefined;
  const classes = dense?.outputs ?? (classic ? await countClasses(encoderFolder) : prompted?.classes);
  let labels: string[] | undefined;
  if (classes !== undefined) {
    if (classes < 2) throw invalidInput(`${configPath}: the classifier has ${classes} class; supported: 2 and more`);
    description.head = prompted ?? { kind: classic ? 'pooler' : 'dense', pooling, normalize, classes };
    labels = labelsOf(config.id2label ?? undefined, classes, configPath);
    description.space = taxon?.space ?? { tasks: [taskOf(config, labels, configPath)] };
    description.rule = taxon?.rule ?? {};
  }
  if (taxon) checkAgainstTaxon(taxon, labels, description);
  return { description, dense, taxon };
};

/**
 * Reads what a model folder says about itself: ours, a `BertForSequenceClassification`, a sentence-transformers folder
 * or a plain encoder. Its weights are not read, and of its files only the small ones are checked.
 * @throws TaxonError `not_found` without the folder, `invalid_input` naming the file and what is wrong with it
 */
export const describeModelFolder = async (folder: string): Promise<ModelDescription> =>
  (await readModelSource(folder)).description;
