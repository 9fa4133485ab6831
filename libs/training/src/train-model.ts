import { TaxonError } from '@taxon/errors';
import { mergeLora } from '@taxon/models';
import { followUpdate, keptWeights } from './averaging.ts';
import { balanceClasses, classesOf } from './balance-classes.ts';
import { coarseObjective, isChain, solveFineHeads } from './chain.ts';
import { createCheckpointKeeper } from './checkpoint-keeper.ts';
import { chooseMetric } from './choose-metric.ts';
import { chooseHalf } from './choose-precision.ts';
import { createForwardFor, createStepFor, type Device } from './device.ts';
import { fit, freshProgress, isNearlyRight, takeEvaluation, type FitOptions, type FitProgress } from './fit.ts';
import type { ForwardPass } from './forward-pass.ts';
import { behindFrozenLayers } from './freeze-parts.ts';
import { classifierOf, headKey, nameStateHead, solveStateHead } from './initial-head.ts';
import type { LoopStepOptions } from './loop-step.ts';
import { microBatches } from './micro-batch.ts';
import { weightsOf } from './model-state.ts';
import { chooseHeadStart, namingTexts } from './name-head.ts';
import type { Recipe } from './recipe.ts';
import { testRates } from './range-test.ts';
import type { Run } from './run.ts';
import { scoreValidation } from './score-part.ts';

const fitOptions = (run: Run, step: FitOptions['step']): FitOptions => {
  const { recipe, data, space, shape, device, state, reporter, options, checkpoints, log } = run;
  let tokens = 0;
  let loss: number | undefined;
  const started = performance.now();
  let dropped = false;
  let paused = 0; // evaluations do not count in tokens/s
  return {
    recipe,
    metric: chooseMetric(recipe, space),
    shape,
    batchesPerUpdate: microBatches(recipe, device).batchesPerUpdate,
    step,
    evaluate:
      data.validation.length === 0
        ? undefined
        : async (epoch) => {
            const begin = performance.now();
            const scored = await scoreValidation(run, epoch);
            paused += performance.now() - begin;
            return scored;
          },
    balanced: balanceClasses(recipe, space, data.trainLabels),
    ...(recipe.loss.contrastive > 0 && { neighbours: classesOf(space, data.trainLabels) }),
    keepBest: () => checkpoints.saveBest(state.step, keptWeights(state)),
    shouldStop: () => options.signal.aborted || dropped,
    onEvaluation: (evaluation) => {
      dropped = run.goesOn?.(evaluation) === false;
      log.evaluation('validation', evaluation);
      reporter.emit({ kind: 'evaluation', split: 'validation', ...evaluation });
    },
    onStep: (record, stepTokens, done, total) => {
      followUpdate(state, recipe);
      log.step(record);
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

const stepOptions = (recipe: Recipe, device: Device, { shape, objective, extension }: Run): LoopStepOptions => {
  const { optimizer, seed } = recipe;
  const { batchesPerUpdate } = microBatches(recipe, device);
  return {
    ...optimizer,
    shape,
    objective,
    adamw: optimizer,
    seed,
    l1: optimizer.l1,
    adversarial: recipe.adversarial,
    accumulate: batchesPerUpdate > 1 || recipe.adversarial.kind !== 'none',
    batchesPerUpdate,
    precision: chooseHalf(recipe, device) ? 'fp16' : 'fp32',
    extra: extension?.extra,
  };
};

/** Below this many texts exact features cost seconds, and the solved head may well be what is saved, beside an fp32 encoder. */
const exactBelow = 5_000;

/** What the head is before the first step; a prompt's begins as what its words say. */
const headStart = ({ recipe, space, state }: Run): ReturnType<typeof chooseHeadStart> | 'prompt' =>
  state.head.kind === 'prompt' ? 'prompt' : chooseHeadStart(recipe, space);

/** Solves the linear layer on features of the current encoder; the loss of each text. */
const solveHead = async (run: Run): Promise<number[]> => {
  const { weight, bias } = classifierOf(run.state);
  const key = headKey(run.recipe);
  const known = run.heads?.get(key);
  if (known !== undefined) {
    weight.set(known.weight);
    bias.set(known.bias);
    return [...known.losses];
  }
  const losses = await solveOwnHead(run);
  run.heads?.set(key, { weight: weight.slice(), bias: bias.slice(), losses: [...losses] });
  return losses;
};

const solveOwnHead = (run: Run): Promise<number[]> =>
  withFeatures(run, (forward) => {
    const { recipe, parts, state, objective, session, reporter, options } = run;
    const { signal } = options;
    return solveStateHead(state, forward, parts.train, { recipe, objective, session, signal, reporter });
  });

/** Gives `use` the pass that features of the training texts come from. */
const withFeatures = async <Result>(run: Run, use: (forward: ForwardPass) => Promise<Result>): Promise<Result> => {
  const { parts, state, shape, device, session } = run;
  const exact = state.precision !== 'fp32' && parts.train.ids.length < exactBelow;
  const forward = exact ? await createForwardFor(device, state, shape, session) : run.forward;
  try {
    return await use(forward);
  } finally {
    if (exact) await forward.dispose();
  }
};

/** Gives the head its start; the loss of each text, where it came about. */
const startHead = async (run: Run): Promise<number[] | undefined> => {
  const start = headStart(run);
  if (start === 'solved') return solveHead(run);
  const { state, parts, data, reporter, options } = run;
  if (start === 'names')
    await withFeatures(run, (forward) =>
      nameStateHead(state, forward, parts.train, namingTexts(data), { signal: options.signal, reporter }),
    );
  return undefined;
};

/** All updates from where `progress` stands. */
const takeSteps = async (run: Run, progress: FitProgress): Promise<void> => {
  const { recipe, parts, state, device, session, reporter, checkpoints, options } = run;
  // What was not drawn at random is worth a look before the first step.
  const worthALook = headStart(run) !== 'random';
  const how = { ...stepOptions(recipe, device, run), exact: progress.exact, states: parts.train.states };
  if (recipe.optimizer.learningRate === 'auto' && progress.rateTest === undefined)
    progress.rateTest = await testRates(run, () => createStepFor(device, state, how, session));
  const step = await createStepFor(device, state, how, session);
  try {
    reporter.stage('train');
    const keeper = createCheckpointKeeper(checkpoints, state, step, progress, recipe.checkpoint, reporter);
    const fitting = { ...fitOptions(run, step), afterUpdate: keeper.saveIfDue };
    if (progress.evaluations.length === 0 && worthALook) await takeEvaluation(state, progress, 0, fitting);
    const outcome = await fit(state, progress, parts.train, fitting);
    // From here on the run needs no more than the last state: a full disk or a crash while the model is saved loses nothing.
    await keeper.save();
    if (outcome === 'interrupted' && options.signal.aborted)
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

/** Trains from the start or from a checkpoint; afterwards the state holds the best weights, as those of a plain model. */
export const trainModel = async (run: Run): Promise<FitProgress> => {
  const { recipe, state, checkpoints } = run;
  const progress = run.resumed ?? freshProgress();
  let behind = await behindFrozenLayers(run, progress.exact === true ? 'fp32' : state.precision);
  try {
    if (run.resumed === undefined) progress.losses = await startHead(behind.run);
    if (progress.exact === undefined) {
      // Hard data loses a little by 8-bit steps (docs/benchmarks.md): by itself int8 is taken only where it was seen to lose nothing.
      progress.exact = recipe.precision === 'auto' && !isNearlyRight(progress.losses);
      if (progress.exact && state.precision !== 'fp32' && state.freeze > 0) {
        await behind.dispose();
        behind = await behindFrozenLayers(run, 'fp32');
      }
    }
    await takeSteps(isChain(run) ? { ...behind.run, objective: coarseObjective(run) } : behind.run, progress);
  } finally {
    await behind.dispose();
  }
  if (progress.best === undefined) state.average?.swap(weightsOf(state));
  else if (progress.best.step !== state.step || state.average !== undefined) await checkpoints.loadBest(state);
  if (state.lora !== undefined) mergeLora(weightsOf(state), state.lora);
  if (isChain(run)) await solveFineHeads(run);
  return progress;
};
