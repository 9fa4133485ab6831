import { readdir, writeFile } from 'node:fs/promises';
import { join, relative, resolve, sep } from 'node:path';
import type { LabelSpace } from '@taxon/data';
import { invalidInput } from '@taxon/errors';
import { z } from 'zod';
import { digestOf } from './digest.ts';
import { weightShapes } from './bind-weights.ts';
import { encoderJson } from './encoder-json.ts';
import type { HeadConfig } from './head.ts';
import { labelMaps } from './labels.ts';
import { outputNames } from './output-groups.ts';
import type { SavableModel } from './model-folder.ts';
import { modelCard, type ModelCard } from './model-card.ts';
import { readOptionalJson } from './read-json.ts';
import { expectReplaceable, replaceFolder } from './replace-folder.ts';
import { writeNumbers, writeOnnx, type CompressedNumbers } from './write-numbers.ts';
import { writeSentenceModules } from './write-sentence-modules.ts';
import { writeJson } from './write-json.ts';
import { formatVersion, type TaxonJson } from './taxon-json.ts';
import { copyTokenizer } from './tokenizer-files.ts';

export interface SaveModelOptions {
  /** Folder whose tokenizer, and whose further keys of `config.json`, the model takes over. */
  tokenizerFrom: string;
  card: ModelCard;
  /** Where the model comes from (encoder, recipe, data, digests): kept in `taxon.json`. */
  lineage?: TaxonJson['lineage'];
  /** Further files, by name: JSON. */
  files?: Readonly<Record<string, object>>;
  /** What is written in place of fp32 numbers. */
  compressed?: CompressedNumbers;
  /** Entries of the target folder that stay, such as a run's report. @default ['run'] */
  keep?: readonly string[];
  signal?: AbortSignal;
}

export const marker = 'taxon.json';
export const defaultKeep = ['run'];

const expectSavable = ({ encoder, head, weights, space, maxLength, prompt }: SavableModel): void => {
  const labels = outputNames(space);
  if (labels.length !== head.classes || new Set(labels).size !== labels.length)
    throw invalidInput(
      `${labels.length} labels, ${new Set(labels).size} of them distinct, for ${head.classes} classes`,
    );
  const lonely = space.tasks.find(({ kind, labels: own }) => kind === 'single-label' && own.length < 2);
  if (lonely !== undefined || labels.length < 2)
    throw invalidInput(
      `a classifier needs at least 2 labels${lonely ? `; '${lonely.name}' has ${lonely.labels.length}` : ''}`,
    );
  if (!(maxLength >= 2 && maxLength <= encoder.positions))
    throw invalidInput(`maxLength is ${maxLength}; the encoder takes 2 to ${encoder.positions}`);
  if (head.kind === 'pooler' && (head.pooling !== 'cls' || head.normalize))
    throw invalidInput('a pooler head pools by cls and does not normalise: Hugging Face has no other');
  if ((head.kind === 'prompt') !== (prompt !== undefined) || (prompt && prompt.words.length !== head.classes))
    throw invalidInput('a prompt head needs a prompt with words for every class, and no other head has one');
  const { parameters, ...tables } = weights;
  const numbers: Record<string, Float32Array> = { ...parameters, ...tables };
  for (const [name, shape] of Object.entries(weightShapes(encoder, head))) {
    const size = shape.reduce((a, b) => a * b, 1);
    const found = numbers[name]?.length;
    if (found !== size) throw invalidInput(`weights: '${name}' has ${found ?? 'no'} numbers; the config says ${size}`);
  }
};

/** Others know one softmax, or labels that are each right or wrong: several tasks look like the latter to them. */
const problemType = ({ tasks }: LabelSpace): string =>
  tasks.length === 1 && tasks[0]!.kind === 'single-label'
    ? 'single_label_classification'
    : 'multi_label_classification';

const configJson = (
  base: Record<string, unknown>,
  { encoder, head, space }: SavableModel,
  compressed?: CompressedNumbers,
): object => ({
  ...encoderJson(base, encoder, head.kind === 'pooler' ? 'BertForSequenceClassification' : 'BertModel'),
  ...(compressed?.precision === 'float16' && { dtype: 'float16' }),
  problem_type: problemType(space),
  ...labelMaps(outputNames(space)),
});

const readBaseConfig = async (folder: string): Promise<Record<string, unknown>> =>
  (await readOptionalJson(join(folder, 'config.json'), z.looseObject({}))) ?? {};

const headInWords = ({ kind, pooling, normalize }: HeadConfig): string => {
  if (kind === 'pooler') return "BERT's [CLS] pooler, linear layer";
  if (kind === 'prompt') return 'masked-language transform at the mask of a prompt (taxon.json has it), linear layer';
  return `${pooling === 'mean' ? 'mean' : '[CLS]'} pooling, ${normalize ? 'L2 normalisation, ' : ''}linear layer`;
};

/** SHA-256 of every file, by path from the folder. */
export const digestsOf = async (folder: string, signal?: AbortSignal): Promise<Record<string, string>> => {
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
 * `BertForSequenceClassification` for a pooler head, `onnx/model.onnx` (`model_quantized.onnx`,
 * `model_fp16.onnx`), a model card, and `taxon.json` with digests.
 * Whole or not at all; a model folder of ours in its place is replaced.
 * @throws TaxonError `invalid_input` where model and labels do not fit, `already_exists` when the folder holds anything
 * that Taxon did not write, `resource_exhausted` when the disk is full, `failed_precondition` when it is read-only
 */
export const saveModelFolder = async (
  folder: string,
  model: SavableModel,
  { tokenizerFrom, card, lineage = {}, files = {}, compressed, keep = defaultKeep, signal }: SaveModelOptions,
): Promise<void> => {
  expectSavable(model);
  const { head, space, rule = {}, maxLength } = model;
  const source = resolve(tokenizerFrom);
  await replaceFolder(folder, { marker, keep }, async (fresh) => {
    const steps = [
      async () => writeJson(join(fresh, 'config.json'), configJson(await readBaseConfig(source), model, compressed)),
      () => copyTokenizer(source, fresh, maxLength),
      () => writeNumbers(fresh, model, compressed),
      ...(head.kind === 'dense' ? [() => writeSentenceModules(fresh, model)] : []),
      () => writeOnnx(fresh, model, compressed),
    ];
    for (const step of steps) {
      signal?.throwIfAborted();
      await step();
    }
    const facts = { space, maxLength, head: headInWords(head), sentenceTransformers: head.kind === 'dense' };
    await writeFile(join(fresh, 'README.md'), modelCard(card, facts));
    for (const [name, content] of Object.entries(files)) await writeJson(join(fresh, name), content);
    const { kind, pooling, normalize, classes, layerNormEpsilon } = head;
    const taxon: TaxonJson = {
      formatVersion,
      space,
      rule,
      head: { kind, pooling, normalize, classes, ...(layerNormEpsilon && { layerNormEpsilon }) },
      maxLength,
      ...(model.pairs === true && { pairs: true }),
      ...(model.prompt && { prompt: model.prompt }),
      ...(compressed && { precision: compressed.precision }),
      lineage,
      digests: await digestsOf(fresh, signal),
    };
    await writeJson(join(fresh, marker), taxon);
  });
};
