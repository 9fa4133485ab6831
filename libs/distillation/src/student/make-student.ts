import { join } from 'node:path';
import type { Example } from '@taxon/data';
import { invalidInput } from '@taxon/errors';
import {
  inputEncoder,
  loadModelFolder,
  resolveEncoder,
  saveEncoderFolder,
  type HeadConfig,
  type ModelFolder,
  type TextInput,
} from '@taxon/models';
import { loadTokenizer } from '@taxon/text';
import type { DistillationOptions } from '../options.ts';
import type { RunModelOptions } from '../signals/run-model.ts';
import { chooseLayers } from './choose-layers.ts';
import { activationImportance, taylorImportance } from './importance.ts';
import { keepHeads, keepLayers, keepUnits, type EncoderWeights, type Importance } from './prune-encoder.ts';
import { pruneVocabulary } from './prune-vocabulary.ts';
import { scratchEncoder, scratchSize } from './scratch.ts';

/** A student before it has learnt anything. */
export interface Student {
  /** An encoder's folder. */
  folder: string;
  /** How its head begins, as far as the teacher says it. */
  head: Partial<Pick<HeadConfig, 'kind' | 'pooling' | 'normalize'>>;
  /** By id, the teacher's id of the same token; absent where they are the same. */
  teacherIds?: Int32Array;
}

export interface MakeStudentOptions extends RunModelOptions {
  options: DistillationOptions;
  /** The first teacher's folder, of one model. */
  teacher: string;
  /** Labelled training texts. */
  examples: readonly Example[];
  /** Of the domain: the training texts and those without labels. */
  texts: readonly TextInput[];
}

const loadSource = async (from: string, teacher: string, signal: AbortSignal): Promise<ModelFolder> => {
  if (from === 'teacher' || scratchSize(from) !== undefined) return loadModelFolder(teacher, { signal });
  return loadModelFolder(await resolveEncoder(from, { signal }), { signal });
};

/** A head of no use, for a plain encoder that is run for its inside. */
const withSomeHead = (source: ModelFolder): ModelFolder & { head: HeadConfig } => {
  if (source.head !== undefined) return { ...source, head: source.head };
  const { hidden } = source.encoder;
  const parameters = { 'classifier.weight': new Float32Array(hidden), 'classifier.bias': new Float32Array(1) };
  return {
    ...source,
    head: { kind: 'dense', pooling: source.pooling, normalize: false, classes: 1 },
    weights: { ...source.weights, parameters: { ...source.weights.parameters, ...parameters } },
  };
};

const measureImportance = (source: ModelFolder, making: MakeStudentOptions): Promise<Importance> => {
  const { importance, from } = making.options.student;
  const { head } = source;
  const kind = importance === 'auto' ? (head === undefined ? 'activation' : 'taylor') : importance;
  if (kind === 'activation') return activationImportance(withSomeHead(source), making.examples, making);
  if (head === undefined)
    throw invalidInput(
      `student.importance is 'taylor', which needs a loss; ${from} has no classifier`,
      "Set student.importance to 'activation'.",
    );
  return taylorImportance({ ...source, head }, making.examples, making);
};

/** @throws TaxonError `invalid_input` for more heads or units than there are */
const expectNarrower = ({ encoder }: ModelFolder, { heads, intermediate }: DistillationOptions['student']): void => {
  if (heads !== undefined && heads > encoder.heads)
    throw invalidInput(`student.heads is ${heads}; the encoder has ${encoder.heads}`);
  if (intermediate !== undefined && intermediate > encoder.intermediate)
    throw invalidInput(`student.intermediate is ${intermediate}; the encoder has ${encoder.intermediate}`);
};

/** The source's encoder with fewer layers, heads and units. */
const narrow = async (source: ModelFolder, layers: number[], making: MakeStudentOptions): Promise<EncoderWeights> => {
  const { heads, intermediate } = making.options.student;
  expectNarrower(source, making.options.student);
  let student = keepLayers(source, layers);
  if (heads === undefined && intermediate === undefined) return student;
  const importance = await measureImportance(source, making);
  const ofLayers = (all: readonly Float32Array[]): Float32Array[] => layers.map((layer) => all[layer]!);
  if (heads !== undefined) student = keepHeads(student, ofLayers(importance.heads), heads);
  if (intermediate !== undefined) student = keepUnits(student, ofLayers(importance.units), intermediate);
  return student;
};

/** Rows of an embedding table. */
const rowsOf = (table: Float32Array, rows: Int32Array, width: number): Float32Array => {
  const taken = new Float32Array(rows.length * width);
  rows.forEach((row, i) => taken.set(table.subarray(row * width, (row + 1) * width), i * width));
  return taken;
};

/**
 * Makes a student's encoder of what the options name, and writes its folder.
 * @param folder to write it to; what is needed on the way comes to lie beside it
 * @throws TaxonError `invalid_input` naming the option that cannot be
 */
export const makeStudent = async (folder: string, making: MakeStudentOptions): Promise<Student> => {
  const { options, teacher, texts, signal } = making;
  const { from, layers: asked, heads, intermediate, vocabulary } = options.student;
  const size = scratchSize(from);
  if (size !== undefined && (asked ?? heads ?? intermediate) !== undefined)
    throw invalidInput(
      `student.from is '${from}', whose shape is given; layers, heads and intermediate are for an encoder that is there`,
      'Leave them out.',
    );
  const source = await loadSource(from, teacher, signal);
  const layers = chooseLayers(asked, source.encoder.layers);
  let student =
    size === undefined ? await narrow(source, layers, making) : scratchEncoder(size, source.encoder, options.seed);
  let tokenizerFrom = source.encoderFolder;
  let teacherIds: Int32Array | undefined;
  if (vocabulary === 'domain') {
    const tokenizer = await loadTokenizer(tokenizerFrom);
    const encode = inputEncoder(tokenizer, { ...source, pairs: undefined, prompt: undefined });
    const used = new Set(texts.flatMap((text) => [...encode(text).ids]));
    const pruned = join(`${folder}.tokenizer`);
    teacherIds = await pruneVocabulary(tokenizerFrom, pruned, used);
    const { encoder, weights } = student;
    student = {
      encoder: { ...encoder, vocabulary: teacherIds.length },
      weights: { ...weights, words: rowsOf(weights.words, teacherIds, encoder.hidden) },
    };
    tokenizerFrom = pruned;
  }
  // What a prompted teacher asks is its own: its student has a plain head.
  const { head } = source;
  const own = head === undefined || head.kind === 'prompt' ? undefined : head;
  const pooling = own?.pooling === 'cls' ? 'cls' : 'mean';
  const maxLength = Math.min(source.maxLength, student.encoder.positions);
  const normalize = own?.normalize ?? source.normalize;
  await saveEncoderFolder(folder, { ...student, pooling, normalize, maxLength }, { tokenizerFrom });
  return {
    folder,
    head: own ? { kind: own.kind, pooling, normalize } : {},
    ...(teacherIds && { teacherIds }),
  };
};
