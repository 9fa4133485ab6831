import { availableParallelism, loadavg } from 'node:os';
import { hasExactInt8, type SessionOptions } from '@taxon/compute';
import { encodeLabels, type Example } from '@taxon/data';
import { invalidInput, TaxonError } from '@taxon/errors';
import { expectModelTarget, loadModelFolder, resolveEncoder, type EncoderConfig } from '@taxon/models';
import { chooseRowLength, loadTokenizer, type PackShape, type Tokenizer } from '@taxon/text';
import {
  checkpointFolder,
  loadBest,
  loadCheckpoint,
  removeCheckpoint,
  requireCheckpoint,
  saveBest,
  saveCheckpoint,
} from './checkpoint.ts';
import { finishRun } from './finish-run.ts';
import { fit, freshProgress, takeEvaluation, type FitOptions, type FitProgress, type LabelledTexts } from './fit.ts';
import { createForwardPass, type ForwardPass } from './forward-pass.ts';
import { chooseHead } from './head-config.ts';
import { initializeHead, startFromSolvedHead } from './initial-head.ts';
import { microBatches } from './micro-batch.ts';
import { createModelState, weightsOf, type ModelState, type Precision } from './model-state.ts';
import { prepareData, type PreparedData } from './prepare-data.ts';
import type { TrainingEvent, TrainingResult } from './progress.ts';
import type { Recipe } from './recipe.ts';
import { createReporter, type Reporter } from './reporter.ts';
import { scoreLogits, type Scored } from './score.ts';
import { createTrainingStep } from './training-step.ts';

export interface RunOptions {
  /** Aborting stops between two steps; what training did is kept as a checkpoint. */
  signal: AbortSignal;
  onEvent: (event: TrainingEvent) => void;
  resume: boolean;
}

/** Spinning pays on idle cores only: half a core's worth of other work makes it lose. */
const coresAreIdle = (): boolean => loadavg()[0]! < 0.5 * availableParallelism();

const sessionOptions = ({ threads, spin }: Recipe): SessionOptions => ({
  threads: threads === 0 ? availableParallelism() : threads,
  spin: spin === 'auto' ? coresAreIdle() : spin,
});

type Parts = Record<'train' | 'validation' | 'test', LabelledTexts>;

/** Texts between two looks at the clock and the signal. */
const tokenizeChunk = 512;

const tokenizeParts = (
  data: PreparedData,
  tokenizer: Tokenizer,
  maxLength: number,
  signal: AbortSignal,
  reporter: Reporter,
): Parts => {
  reporter.stage('tokenize');
  const total = data.train.length + data.validation.length + data.test.length;
  let done = 0;
  const tokenize = (examples: readonly Example[]): LabelledTexts => {
    const ids: Int32Array[] = [];
    for (let i = 0; i < examples.length; i += tokenizeChunk) {
      signal.throwIfAborted();
      const texts = examples.slice(i, i + tokenizeChunk).map(({ text }) => text);
      ids.push(...tokenizer.encodeBatch(texts, { maxLength }));
      done += texts.length;
      reporter.progress('texts', done, total);
    }
    return { ids, padId: tokenizer.padId, labels: encodeLabels(data.labels, examples) };
  };
  return { train: tokenize(data.train), validation: tokenize(data.validation), test: tokenize(data.test) };
};

const packShape = (parts: Parts, tokens: number): PackShape => {
  const longest = Math.max(
    ...Object.values(parts).flatMap(({ ids }) => ids.reduce((most, text) => Math.max(most, text.length), 1)),
  );
  const length = chooseRowLength(longest);
  // Four tokens a text at least, special tokens included, is what a slot is made for; shorter ones leave some room unused.
  return { length, rows: Math.max(1, Math.ceil(tokens / length)), slots: Math.max(1, Math.floor(length / 4)) };
};

const reportTruncation = (parts: Parts, maxLength: number, reporter: Reporter): void => {
  const all = Object.values(parts).flatMap(({ ids }) => ids);
  const cut = all.reduce((count, ids) => count + (ids.length >= maxLength ? 1 : 0), 0);
  if (cut > 0)
    reporter.emit({
      kind: 'notice',
      level: cut > 0.05 * all.length ? 'warning' : 'info',
      message: `${cut} of ${all.length} texts reach maxLength (${maxLength} tokens) and may be cut`,
    });
};

/** What a run holds while it trains. */
interface Run {
  recipe: Recipe;
  data: PreparedData;
  parts: Parts;
  state: ModelState;
  shape: PackShape;
  session: SessionOptions;
  forward: ForwardPass;
  reporter: Reporter;
  options: RunOptions;
  checkpoint: string;
}

const scorePart = async (
  { data, parts, state, forward }: Run,
  part: 'validation' | 'test',
  signal?: AbortSignal,
): Promise<Scored> => {
  const { logits } = await forward.run(state, parts[part], { signal });
  return scoreLogits(logits, parts[part].labels, data[part], data.labels.labels);
};

const fitOptions = (run: Run, step: FitOptions['step']): FitOptions => {
  const { recipe, data, shape, state, reporter, options, checkpoint } = run;
  let tokens = 0;
  let loss: number | undefined;
  const started = performance.now();
  let paused = 0; // evaluations do not count in tokens/s
  return {
    recipe,
    shape,
    batchesPerUpdate: microBatches(recipe).batchesPerUpdate,
    step,
    evaluate:
      data.validation.length === 0
        ? undefined
        : async () => {
            const begin = performance.now();
            const { loss: validationLoss, metrics } = await scorePart(run, 'validation');
            paused += performance.now() - begin;
            return { loss: validationLoss, metrics };
          },
    keepBest: () => saveBest(checkpoint, weightsOf(state)),
    shouldStop: () => options.signal.aborted,
    onEvaluation: ({ epoch, step: at, loss: validationLoss, metrics }) =>
      reporter.emit({ kind: 'evaluation', split: 'validation', epoch, step: at, loss: validationLoss, metrics }),
    onStep: (record, stepTokens, done, total) => {
      tokens += stepTokens;
      loss = loss === undefined ? record.loss : 0.95 * loss + 0.05 * record.loss;
      const tokensPerSecond = (1000 * tokens) / (performance.now() - started - paused);
      reporter.progress('steps', done, total, {
        loss,
        learningRate: record.learningRate,
        tokensPerSecond,
        epoch: record.epoch,
      });
    },
  };
};

/** The features that the head is solved on need no more precision than training. */
const solveFirstHead = async ({ recipe, parts, state, shape, session, reporter, options }: Run): Promise<number[]> => {
  const forward = await createForwardPass(state, shape, session, state.precision);
  try {
    const { signal } = options;
    return await startFromSolvedHead(state, forward, parts.train, { recipe, session, signal, reporter });
  } finally {
    await forward.dispose();
  }
};

const train = async (run: Run): Promise<FitProgress> => {
  const { recipe, data, parts, state, shape, session, reporter, options, checkpoint } = run;
  const identity = { recipe, dataDigest: data.digest };
  let progress = freshProgress();
  if (options.resume) progress = await loadCheckpoint(checkpoint, state, identity);
  else {
    await removeCheckpoint(checkpoint);
    if (recipe.head.start === 'solved') progress.losses = await solveFirstHead(run);
  }
  const step = await createTrainingStep(
    state,
    { shape, adamw: recipe.optimizer, ...recipe.optimizer, seed: recipe.seed },
    session,
  );
  try {
    reporter.stage('train');
    const how = fitOptions(run, step);
    if (state.step === 0 && recipe.head.start === 'solved') await takeEvaluation(state, progress, 0, how);
    const outcome = await fit(state, progress, parts.train, how);
    if (outcome === 'interrupted') {
      await saveCheckpoint(checkpoint, state, progress, identity);
      reporter.emit({ kind: 'checkpoint', folder: checkpoint, step: state.step });
      throw new TaxonError({
        code: 'cancelled',
        message: `stopped at step ${state.step}; checkpoint in ${checkpoint}`,
      });
    }
    if (outcome === 'stopped early')
      reporter.emit({
        kind: 'notice',
        level: 'info',
        message: `no gain in ${recipe.patience} evaluations: stopped early`,
      });
  } finally {
    await step.dispose();
  }
  if (progress.best !== undefined && progress.best.step !== state.step) await loadBest(checkpoint, state);
  return progress;
};

/** int8 where it is asked for, or where nothing is asked for and the processor has instructions for it. */
const choosePrecision = async ({ precision }: Recipe, encoder: EncoderConfig): Promise<Precision> => {
  // The kernels that quantize take 16 columns at a time.
  const fits = encoder.hidden % 16 === 0 && encoder.intermediate % 16 === 0;
  if (precision === 'int8' && !fits)
    throw invalidInput(
      `precision: int8 needs widths that are multiples of 16, the encoder's are ${encoder.hidden} and ${encoder.intermediate}`,
      'Leave precision at auto, or set it to fp32.',
    );
  if (precision !== 'auto') return precision;
  return fits && (await hasExactInt8()) ? 'int8' : 'fp32';
};

/** The state that training starts from. The weights as loaded are not kept: the state holds its own copy. */
const loadState = async (
  recipe: Recipe,
  classes: number,
  signal: AbortSignal,
  reporter: Reporter,
): Promise<{ state: ModelState; encoderFolder: string }> => {
  reporter.stage('encoder');
  const onProgress = ({ done, total }: { done: number; total: number }): void =>
    reporter.progress('bytes', done, total);
  const source = await loadModelFolder(await resolveEncoder(recipe.encoder, { signal, onProgress }), { signal });
  const { weights, encoder, encoderFolder } = source;
  const head = chooseHead(recipe, source, classes);
  initializeHead(weights, encoder, head, recipe.seed);
  const accumulate = microBatches(recipe).batchesPerUpdate > 1;
  const precision = await choosePrecision(recipe, encoder);
  return { state: createModelState(weights, encoder, head, { accumulate, precision }), encoderFolder };
};

/**
 * A recipe from its files to the model folder, in this process. Native calls block the event loop for as long as a step
 * takes: a service or a command line runs `runTrainingJob` instead.
 * @throws TaxonError; `cancelled` after an abort, with a checkpoint kept if training had begun
 */
export const runRecipe = async (recipe: Recipe, options: RunOptions): Promise<TrainingResult> => {
  const started = performance.now();
  const reporter = createReporter(options.onEvent);
  const checkpoint = checkpointFolder(recipe.output);
  await expectModelTarget(recipe.output);
  if (options.resume) await requireCheckpoint(checkpoint, { recipe });

  reporter.stage('read');
  const data = await prepareData(recipe, options.signal);
  for (const { level, message } of data.notes) reporter.emit({ kind: 'notice', level, message });
  const { state, encoderFolder } = await loadState(recipe, data.labels.labels.length, options.signal, reporter);
  const tokenizer = await loadTokenizer(encoderFolder);
  const maxLength = Math.min(recipe.maxLength, state.encoder.positions);
  const parts = tokenizeParts(data, tokenizer, maxLength, options.signal, reporter);
  reportTruncation(parts, maxLength, reporter);
  const session = sessionOptions(recipe);
  const shape = packShape(parts, microBatches(recipe).tokens);
  const forward = await createForwardPass(state, shape, session);
  const run: Run = { recipe, data, parts, state, shape, session, forward, reporter, options, checkpoint };
  try {
    const progress = await train(run);
    reporter.stage('evaluate');
    const validation = data.validation.length > 0 ? await scorePart(run, 'validation') : undefined;
    const test = data.test.length > 0 ? await scorePart(run, 'test') : undefined;
    const result = await finishRun({
      recipe,
      data,
      encoderFolder,
      state,
      maxLength,
      progress,
      validation,
      test,
      reporter,
      started,
    });
    await removeCheckpoint(checkpoint);
    return result;
  } finally {
    await forward.dispose();
  }
};
