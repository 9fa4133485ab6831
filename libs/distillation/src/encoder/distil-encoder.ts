import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { SessionOptions } from '@taxon/compute';
import { createRandom, readTexts, shuffle } from '@taxon/data';
import { invalidInput } from '@taxon/errors';
import { loadModelFolder, resolveEncoder, saveEncoderFolder, type ModelFolder, type Weights } from '@taxon/models';
import { fillBatch, loadTokenizer, planBatches, type PackShape, type Tokenizer } from '@taxon/text';
import {
  createForwardPass,
  createModelState,
  createTrainingStep,
  rateFactor,
  singleLabelTargets,
  weightsOf,
  type ModelState,
} from '@taxon/training';
import { chooseLayers } from '../student/choose-layers.ts';
import { keepLayers, type EncoderWeights } from '../student/prune-encoder.ts';
import { pruneVocabulary } from '../student/prune-vocabulary.ts';
import { chooseVocabulary, englishTokens, isAscii } from './choose-vocabulary.ts';
import { embeddingLesson } from './embedding-lesson.ts';
import type { EncoderDistillationOptions, EncoderDistillationProgress, EncoderDistillationResult } from './options.ts';
import { readFeatures, someHead, type TeacherFeatures } from './teacher-features.ts';

export interface DistilEncoderOptions {
  signal?: AbortSignal;
  onProgress?: (progress: EncoderDistillationProgress) => void;
}

/** Longest text that is learnt, in tokens: sentences; longer ones are cut for teacher and student alike. */
const longest = 96;

const cut = (ids: Int32Array): Int32Array =>
  ids.length <= longest ? ids : Int32Array.from([...ids.subarray(0, longest - 1), ids.at(-1)!]);

const encodeAll = (tokenizer: Tokenizer, texts: readonly string[]): Int32Array[] =>
  texts.map((text) => cut(tokenizer.encode(text)));

/** A student of the teacher's weights: some of its layers, tokens and positions. */
interface Begun extends EncoderWeights {
  /** Where its tokenizer lies. */
  tokenizerFolder: string;
}

const vocabularyOf = async (folder: string): Promise<string[]> => {
  const json = JSON.parse(await readFile(join(folder, 'tokenizer.json'), 'utf8')) as {
    model: { vocab: Record<string, number> };
  };
  const tokens: string[] = [];
  for (const [token, id] of Object.entries(json.model.vocab)) tokens[id] = token;
  return tokens;
};

const begin = async (
  teacher: ModelFolder,
  tokenizer: Tokenizer,
  encoded: readonly Int32Array[],
  { layers, vocabulary, maxLength }: EncoderDistillationOptions,
  scratch: string,
): Promise<Begun> => {
  const { encoder, weights } = keepLayers(teacher, chooseLayers(layers, teacher.encoder.layers));
  const { hidden } = encoder;
  const positions = Math.min(maxLength, encoder.positions);
  const own = Object.entries(weights.parameters).filter(([name]) => !name.startsWith('pooler.'));
  const parameters = Object.fromEntries(own);
  const shorter: Weights = { ...weights, parameters, positions: weights.positions.slice(0, positions * hidden) };
  if (vocabulary === 'keep')
    return { encoder: { ...encoder, positions }, weights: shorter, tokenizerFolder: teacher.encoderFolder };
  const tokens = await vocabularyOf(teacher.encoderFolder);
  const candidates = englishTokens(tokens, tokenizer);
  const spelling = candidates.filter((id) => isSpelling(tokens[id]!));
  // Special tokens and single characters stay anyway, and count.
  const room = vocabulary - spelling.length - specialTokens;
  const used = chooseVocabulary(
    encoded,
    room,
    candidates.filter((id) => !isSpelling(tokens[id]!)),
  );
  const kept = await pruneVocabulary(teacher.encoderFolder, scratch, used, isAscii);
  const words = new Float32Array(kept.length * hidden);
  kept.forEach((id, i) => words.set(weights.words.subarray(id * hidden, (id + 1) * hidden), i * hidden));
  return {
    encoder: { ...encoder, positions, vocabulary: kept.length },
    weights: { ...shorter, words },
    tokenizerFolder: scratch,
  };
};

/** BERT's: padding, unknown, beginning, separator, mask. */
const specialTokens = 5;

const isSpelling = (token: string): boolean => /^(##)?[\x21-\x7e]$/.test(token);

/** Mean cosine of the student's embeddings with the teacher's. */
const meanCosine = async (
  state: ModelState,
  ids: readonly Int32Array[],
  padId: number,
  teacher: TeacherFeatures,
  pass: Awaited<ReturnType<typeof createForwardPass>>,
): Promise<number> => {
  const { features } = await pass.run(state, { ids, padId });
  const row = new Float32Array(teacher.width);
  let sum = 0;
  ids.forEach((_, text) => {
    teacher.read(text, row);
    for (let i = 0; i < row.length; i++) sum += row[i]! * features[text * row.length + i]!;
  });
  return sum / ids.length;
};

interface Lesson {
  state: ModelState;
  ids: readonly Int32Array[];
  padId: number;
  shape: PackShape;
  session: SessionOptions;
  features: TeacherFeatures;
}

/** AdamW on 1 − cosine, the rate falling to 0. The first `heldOut` texts are not learnt. */
const learn = async (
  { state, ids, padId, shape, session, features }: Lesson,
  options: EncoderDistillationOptions,
  signal: AbortSignal,
  onUpdate: (done: number, total: number, loss: number) => void,
): Promise<void> => {
  const { epochs, learningRate, heldOut, seed } = options;
  const step = await createTrainingStep(
    state,
    {
      ...{ shape, seed, dropout: 0, clipNorm: 1, layerDecay: 1, extra: embeddingLesson(features) },
      adamw: { beta1: 0.9, beta2: 0.98, epsilon: 1e-8, weightDecay: 0.01 },
    },
    session,
  );
  const [noLabel] = singleLabelTargets(Int32Array.of(0)); // counts for nothing: the labels' share of the loss is 0
  const lengths = Int32Array.from(ids, (own) => own.length);
  let [smooth, done] = [NaN, 0];
  try {
    for (let epoch = 0; epoch < epochs; epoch++) {
      const learnt = Array.from({ length: ids.length - heldOut }, (_, i) => i + heldOut);
      const plans = planBatches(lengths, shuffle(learnt, createRandom(seed * 65_537 + epoch + 1)), shape);
      const total = Math.ceil(plans.length * epochs);
      for (const [index, plan] of plans.entries()) {
        if (epoch + index / plans.length >= epochs) break;
        signal.throwIfAborted();
        const at = (epoch + (index + 0.5) / plans.length) / epochs;
        const batch = fillBatch(plan, (text) => ids[text]!, shape, { pooling: state.head.pooling, padId });
        const rate = learningRate * rateFactor(at, { schedule: 'linear', warmup: 0.02 });
        const { loss } = await step.run([{ ...batch, targets: plan.texts.map(() => noLabel!) }], rate);
        smooth = Number.isNaN(smooth) ? loss : 0.99 * smooth + 0.01 * loss;
        onUpdate(++done, total, smooth);
      }
    }
  } finally {
    await step.dispose();
  }
};

/** Without the head of no use. */
const encoderOf = (state: ModelState): Weights => {
  const { parameters, ...tables } = weightsOf(state);
  const own = Object.entries(parameters).filter(([name]) => !name.startsWith('classifier.'));
  return { ...tables, parameters: Object.fromEntries(own) };
};

/**
 * A smaller sentence encoder that embeds as a larger one does: it begins with some of the teacher's layers and tokens, and learns
 * the teacher's embeddings of texts without labels (Reimers and Gurevych 2020; here by cosine).
 * @throws TaxonError `invalid_input` for too few texts or a teacher that is none; `cancelled`: nothing is written then
 */
export const distilEncoder = async (
  options: EncoderDistillationOptions,
  { signal = new AbortController().signal, onProgress = () => undefined }: DistilEncoderOptions = {},
): Promise<EncoderDistillationResult> => {
  const teacher = await loadModelFolder(await resolveEncoder(options.teacher, { signal }), { signal });
  const texts: string[] = [];
  for (const path of options.texts)
    texts.push(...(await readTexts(path, { textColumn: options.textColumn, signal })).texts.map(({ text }) => text));
  const { heldOut, precision, threads, spin } = options;
  if (texts.length < 2 * heldOut)
    throw invalidInput(
      `${options.texts.join(', ')}: ${texts.length} texts, of which heldOut keeps ${heldOut}`,
      'Give at least twice as many texts, or lower heldOut.',
    );
  const session: SessionOptions = { threads, spin };
  const scratch = await mkdtemp(join(tmpdir(), 'taxon-tokenizer-'));
  try {
    const tokenizer = await loadTokenizer(teacher.encoderFolder);
    const encoded = encodeAll(tokenizer, texts);
    const features = await readFeatures(
      teacher,
      { ids: encoded, padId: tokenizer.padId },
      { precision, session, signal, onProgress: (done) => onProgress({ stage: 'teacher', done, total: texts.length }) },
    );
    const student = await begin(teacher, tokenizer, encoded, options, scratch);
    const own = await loadTokenizer(student.tokenizerFolder);
    const ids = encodeAll(own, texts);
    const { head, parameters } = someHead(teacher);
    const weights = { ...student.weights, parameters: { ...student.weights.parameters, ...parameters } };
    const state = createModelState(weights, student.encoder, head, { precision });
    const shape = { length: longest, rows: Math.ceil(options.tokensPerStep / longest), slots: longest / 4 };
    const pass = await createForwardPass(state, shape, session, { precision });
    const cosineOf = async (): Promise<number> => {
      const cosine = await meanCosine(state, ids.slice(0, heldOut), own.padId, features, pass);
      onProgress({ stage: 'held-out', done: heldOut, total: heldOut, cosine });
      return cosine;
    };
    try {
      const cosineBefore = await cosineOf();
      await learn({ state, ids, padId: own.padId, shape, session, features }, options, signal, (done, total, loss) =>
        onProgress({ stage: 'train', done, total, loss }),
      );
      const cosine = await cosineOf();
      const saved = encoderOf(state);
      const savable = { encoder: student.encoder, weights: saved, pooling: teacher.pooling, normalize: true };
      await saveEncoderFolder(
        options.output,
        { ...savable, maxLength: student.encoder.positions, storage: options.storage },
        { tokenizerFrom: student.tokenizerFolder },
      );
      const numbers = [saved.words, saved.positions, saved.types, ...Object.values(saved.parameters)];
      return {
        ...{ cosineBefore, cosine, texts: texts.length, vocabulary: student.encoder.vocabulary },
        parameters: numbers.reduce((sum, { length }) => sum + length, 0),
      };
    } finally {
      await pass.dispose();
    }
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
};
