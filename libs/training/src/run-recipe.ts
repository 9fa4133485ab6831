import { availableParallelism, loadavg } from 'node:os';
import type { SessionOptions } from '@taxon/compute';
import { TaxonError } from '@taxon/errors';
import { expectModelTarget, loadModelFolder, mergeLora, resolveEncoder } from '@taxon/models';
import { loadTokenizer, type PackShape } from '@taxon/text';
import { createCheckpointKeeper } from './checkpoint-keeper.ts';
import {
  checkpointFolder,
  createCheckpoints,
  expectSameRun,
  findCheckpoint,
  removeCheckpoint,
  restore,
  type Checkpoints,
} from './checkpoint.ts';
import { chooseLearning, describeLearning, expectLayers } from './choose-learning.ts';
import { chooseHalf, choosePrecision } from './choose-precision.ts';
import { finishRun } from './finish-run.ts';
import { fit, freshProgress, isNearlyRight, takeEvaluation, type FitOptions, type FitProgress } from './fit.ts';
import { chooseDevice, createForwardFor, createStepFor, openDevice, type Device } from './device.ts';
import type { ForwardPass } from './forward-pass.ts';
import { freezeParts } from './freeze-parts.ts';
import type { LoopStepOptions } from './loop-step.ts';
import { chooseHead } from './head-config.ts';
import { initializeHead, startFromSolvedHead } from './initial-head.ts';
import { microBatches } from './micro-batch.ts';
import { createModelState, weightsOf, type ModelState, type Precision } from './model-state.ts';
import { prepareData, type PreparedData } from './prepare-data.ts';
import type { TrainingEvent, TrainingResult } from './progress.ts';
import type { Recipe } from './recipe.ts';
import { createReporter, type Reporter } from './reporter.ts';
import { scoreLogits, type Scored } from './score.ts';
import { packShape, reportTruncation, tokenizeParts, type Parts } from './tokenize-parts.ts';

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

/** What a run holds while it trains. */
interface Run {
  recipe: Recipe;
  data: PreparedData;
  parts: Parts;
  state: ModelState;
  shape: PackShape;
  device: Device;
  session: SessionOptions;
  /** In the precision of training, which is enough for features and for choosing the best weights. */
  forward: ForwardPass;
  reporter: Reporter;
  options: RunOptions;
  checkpoints: Checkpoints;
  /** The progress of the run that this one goes on from. */
  resumed: FitProgress | undefined;
}

const scorePart = async (
  { data, parts, state }: Run,
  forward: ForwardPass,
  part: 'validation' | 'test',
): Promise<Scored> => {
  const { logits } = await forward.run(state, parts[part]);
  return scoreLogits(logits, parts[part].labels, data[part], data.labels.labels);
};

const fitOptions = (run: Run, step: FitOptions['step']): FitOptions => {
  const { recipe, data, shape, device, state, reporter, options, checkpoints } = run;
  let tokens = 0;
  let loss: number | undefined;
  const started = performance.now();
  let paused = 0; // evaluations do not count in tokens/s
  return {
    recipe,
    shape,
    batchesPerUpdate: microBatches(recipe, device).batchesPerUpdate,
    step,
    evaluate:
      data.validation.length === 0
        ? undefined
        : async () => {
            const begin = performance.now();
            const { loss: validationLoss, metrics } = await scorePart(run, run.forward, 'validation');
            paused += performance.now() - begin;
            return { loss: validationLoss, metrics };
          },
    keepBest: () => checkpoints.saveBest(state.step, weightsOf(state)),
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

const stepOptions = (recipe: Recipe, device: Device, shape: PackShape): LoopStepOptions => {
  const { optimizer, seed } = recipe;
  const { batchesPerUpdate } = microBatches(recipe, device);
  return {
    ...optimizer,
    shape,
    adamw: optimizer,
    seed,
    accumulate: batchesPerUpdate > 1,
    batchesPerUpdate,
    precision: chooseHalf(recipe, device) ? 'fp16' : 'fp32',
  };
};

/** Below this many texts exact features cost seconds, and the solved head may well be what is saved, beside an fp32 encoder. */
const exactBelow = 5_000;

const solveFirstHead = async (run: Run): Promise<number[]> => {
  const { recipe, parts, state, shape, device, session, reporter, options } = run;
  const exact = state.precision !== 'fp32' && parts.train.ids.length < exactBelow;
  const forward = exact ? await createForwardFor(device, state, shape, session) : run.forward;
  try {
    const { signal } = options;
    return await startFromSolvedHead(state, forward, parts.train, { recipe, session, signal, reporter });
  } finally {
    if (exact) await forward.dispose();
  }
};

/** The run as what learns sees it: from behind the frozen layers, whose outputs are kept. */
const behindFrozenLayers = async (
  run: Run,
  precision: Precision,
): Promise<{ run: Run; dispose: () => Promise<void> }> => {
  const { state, shape, device, session, reporter, options } = run;
  if (state.freeze === 0) return { run, dispose: () => Promise.resolve() };
  const how = { shape, session, precision, signal: options.signal, reporter };
  const { parts, dispose } = await freezeParts(run.parts, state, how);
  const forward = await createForwardFor(device, state, shape, session, {
    precision: state.precision,
    fromStates: true,
  });
  return {
    run: { ...run, parts, forward },
    async dispose() {
      await forward.dispose();
      await dispose();
    },
  };
};

/** Trains from the start or from a checkpoint; afterwards the state holds the best weights, as those of a plain model. */
const train = async (run: Run): Promise<FitProgress> => {
  const { recipe, state, checkpoints } = run;
  const progress = run.resumed ?? freshProgress();
  let behind = await behindFrozenLayers(run, progress.exact === true ? 'fp32' : state.precision);
  try {
    if (run.resumed === undefined && recipe.head.start === 'solved') progress.losses = await solveFirstHead(behind.run);
    if (progress.exact === undefined) {
      // Hard data loses a little by 8-bit steps (docs/benchmarks.md): by itself int8 is taken only where it was seen to lose nothing.
      progress.exact = recipe.precision === 'auto' && !isNearlyRight(progress.losses);
      if (progress.exact && state.precision !== 'fp32' && state.freeze > 0) {
        await behind.dispose();
        behind = await behindFrozenLayers(run, 'fp32');
      }
    }
    await takeSteps(behind.run, progress);
  } finally {
    await behind.dispose();
  }
  if (progress.best !== undefined && progress.best.step !== state.step) await checkpoints.loadBest(state);
  if (state.lora !== undefined) mergeLora(weightsOf(state), state.lora);
  return progress;
};

/** All updates from where `progress` stands. */
const takeSteps = async (run: Run, progress: FitProgress): Promise<void> => {
  const { recipe, parts, state, shape, device, session, reporter, checkpoints } = run;
  const solved = recipe.head.start === 'solved';
  const how = { ...stepOptions(recipe, device, shape), exact: progress.exact, states: parts.train.states };
  const step = await createStepFor(device, state, how, session);
  try {
    reporter.stage('train');
    const keeper = createCheckpointKeeper(checkpoints, state, step, progress, recipe.checkpoint, reporter);
    const fitting = { ...fitOptions(run, step), afterUpdate: keeper.saveIfDue };
    if (progress.evaluations.length === 0 && solved) await takeEvaluation(state, progress, 0, fitting);
    const outcome = await fit(state, progress, parts.train, fitting);
    // From here on the run needs no more than the last state: a full disk or a crash while the model is saved loses nothing.
    await keeper.save();
    if (outcome === 'interrupted')
      throw new TaxonError({
        code: 'cancelled',
        message: `stopped at step ${state.step}; checkpoint in ${checkpoints.folder}`,
      });
    if (outcome === 'stopped early')
      reporter.emit({
        kind: 'notice',
        level: 'info',
        message: `no gain in ${recipe.patience} evaluations: stopped early`,
      });
  } finally {
    await step.dispose();
  }
};

/** Scores of the weights as they will be saved and served: in fp32, whatever training computed in. */
const scoreSaved = async (run: Run): Promise<Partial<Record<'validation' | 'test', Scored>>> => {
  const { data, state, shape, device, session, forward } = run;
  const exact = state.precision === 'fp32' ? forward : await createForwardFor(device, state, shape, session);
  try {
    return {
      ...(data.validation.length > 0 ? { validation: await scorePart(run, exact, 'validation') } : {}),
      ...(data.test.length > 0 ? { test: await scorePart(run, exact, 'test') } : {}),
    };
  } finally {
    if (exact !== forward) await exact.dispose();
  }
};

/** The state that training starts from. The weights as loaded are not kept: the state holds its own copy. */
const loadState = async (
  recipe: Recipe,
  device: Device,
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
  const learning = chooseLearning(recipe, device);
  expectLayers(learning, encoder);
  const precision = await choosePrecision(recipe, encoder, device);
  const state = createModelState(weights, encoder, head, { precision, ...learning, seed: recipe.seed });
  const message = describeLearning(state);
  if (message !== undefined) reporter.emit({ kind: 'notice', level: 'info', message });
  return { state, encoderFolder };
};

/**
 * A recipe from its files to the model folder, in this process. Native calls block the event loop for as long as a step
 * takes: a service or a command line runs `runTrainingJob` instead.
 * @throws TaxonError; `cancelled` after an abort, with a checkpoint kept if training had begun
 */
export const runRecipe = async (recipe: Recipe, options: RunOptions): Promise<TrainingResult> => {
  const started = performance.now();
  const reporter = createReporter(options.onEvent);
  const folder = checkpointFolder(recipe.output);
  await expectModelTarget(recipe.output);
  const warn = (message: string): void => reporter.emit({ kind: 'notice', level: 'warning', message });
  const found = options.resume ? await findCheckpoint(folder, warn) : undefined;
  if (found !== undefined) expectSameRun(folder, found, { recipe });

  const session = sessionOptions(recipe);
  const device = chooseDevice(recipe);
  chooseHalf(recipe, device); // before anything is read
  chooseLearning(recipe, device);
  await openDevice(device, { threads: session.threads, exact: recipe.precision === 'fp32' });

  reporter.stage('read');
  const data = await prepareData(recipe, options.signal);
  for (const { level, message } of data.notes) reporter.emit({ kind: 'notice', level, message });
  const { state, encoderFolder } = await loadState(recipe, device, data.labels.labels.length, options.signal, reporter);
  const identity = { recipe, dataDigest: data.digest };
  if (found === undefined) await removeCheckpoint(folder);
  else expectSameRun(folder, found, identity);
  const resumed = found && (await restore(folder, found, state));
  const checkpoints = createCheckpoints(folder, identity, found);
  const tokenizer = await loadTokenizer(encoderFolder);
  const maxLength = Math.min(recipe.maxLength, state.encoder.positions);
  const parts = tokenizeParts(data, tokenizer, maxLength, options.signal, reporter);
  reportTruncation(parts, maxLength, reporter);
  const shape = packShape(parts, microBatches(recipe, device).tokens);
  const forward = await createForwardFor(device, state, shape, session, { precision: state.precision });
  const run: Run = {
    recipe,
    data,
    parts,
    state,
    shape,
    device,
    session,
    forward,
    reporter,
    options,
    checkpoints,
    resumed,
  };
  try {
    const progress = await train(run);
    reporter.stage('evaluate');
    const { validation, test } = await scoreSaved(run);
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
    await checkpoints.remove();
    return result;
  } finally {
    await forward.dispose();
  }
};
