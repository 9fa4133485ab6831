import { createRandom, shuffle, type Random } from '@taxon/data';
import { TaxonError } from '@taxon/errors';
import { planBatches, type BatchPlan, type PackShape } from '@taxon/text';
import { fillTexts, type TokenizedTexts } from './forward-pass.ts';
import type { ModelState } from './model-state.ts';
import type { TextTargets } from './objective.ts';
import type { Recipe } from './recipe.ts';
import { rateFactor } from './schedule.ts';
import type { HeadlineFigure, Scores } from './scores.ts';
import type { RatePoint } from './techniques/learning-rate-finder.ts';
import type { LabelledBatch, StepResult, TrainingStep, Update } from './training-step.ts';

export interface LabelledTexts extends TokenizedTexts {
  /** Of each text. */
  targets: readonly TextTargets[];
}

export interface Evaluation {
  epoch: number;
  step: number;
  /** Mean loss over the texts of which anything is known. */
  loss: number;
  scores: Scores;
}

/** One update, as the curves show it. */
export interface StepRecord {
  step: number;
  /** Fractional: 1.5 is half-way through the second epoch. */
  epoch: number;
  loss: number;
  learningRate: number;
}

/** A range test of the learning rate: what each update came to, and the rate that was taken. */
export interface RateTest {
  points: RatePoint[];
  rate: number;
}

/** How far a run has come: with the model state, all that resuming needs. */
export interface FitProgress {
  epoch: number;
  /** Updates of the epoch that are done. */
  update: number;
  evaluations: Evaluation[];
  best: Evaluation | undefined;
  evaluationsWithoutGain: number;
  history: StepRecord[];
  /** Last known loss of every training text; absent until one is known. */
  losses?: number[];
  /** Steps in fp32, although the state has int8 forms; decided once, before the first step. */
  exact?: boolean;
  /** Training is over; what is left is to score and save. */
  finished?: boolean;
  /** The texts that the running epoch trains on; absent for all. */
  selected?: number[];
  /** What found the learning rate, where the recipe leaves that to a test. */
  rateTest?: RateTest;
}

export const freshProgress = (): FitProgress => ({
  epoch: 0,
  update: 0,
  evaluations: [],
  best: undefined,
  evaluationsWithoutGain: 0,
  history: [],
});

export interface FitOptions {
  recipe: Recipe;
  /** What chooses the best weights. @default 'accuracy' */
  metric?: HeadlineFigure | 'loss';
  shape: PackShape;
  /** Batches whose gradients are summed before the weights move. */
  batchesPerUpdate: number;
  step: TrainingStep;
  /** Validation scores of the current weights; absent without validation texts. */
  evaluate?: (epoch: number) => Promise<Pick<Evaluation, 'loss' | 'scores'>>;
  /** Keeps the current weights as the best so far. */
  keepBest: () => Promise<void>;
  /** `done` and `total` count updates of the whole run; `tokens` are this update's real ones. */
  onStep?: (record: StepRecord, tokens: number, done: number, total: number) => void;
  onEvaluation?: (evaluation: Evaluation) => void;
  /** Class of each text: texts of a class then come beside each other, a few at a time, as a contrastive loss needs them. */
  neighbours?: Int32Array;
  /** The texts of an epoch, some of them several times, where classes are balanced; in place of `keep`. */
  balanced?: (epoch: number) => number[];
  /** Called after every native call (one update, or `step.updatesPerCall`) and what follows from it, when all is resumable. */
  afterUpdate?: () => Promise<void>;
  /** Asked between two updates; true stops there, with everything resumable. */
  shouldStop?: () => boolean;
}

export type FitOutcome = 'finished' | 'stopped early' | 'interrupted';

/**
 * The texts of an epoch: the share `keep` of them that the model does worst on, as far as is known (selective
 * back-propagation, Jiang et al. 2019). What is skipped keeps its loss, and comes back when the others have fallen below it.
 */
export const selectTexts = (losses: readonly number[] | undefined, keep: number): number[] | undefined => {
  if (losses === undefined || keep >= 1) return undefined;
  const order = Array.from(losses, (_, i) => i).sort((a, b) => losses[b]! - losses[a]! || a - b);
  return order.slice(0, Math.max(1, Math.ceil(keep * losses.length))).sort((a, b) => a - b);
};

/** From this many texts on, an epoch of half of them loses nothing that was measured (docs/benchmarks.md) … */
const manyTexts = 10_000;
/** … where the model is right about nearly all of them before it starts. Where it is not, the worst half is what is hard to learn at all. */
const nearlyAll = 0.9;
/** Below this loss the right class has more than half of the probability. */
const rightLoss = Math.LN2;

/** Whether the model is right about nearly all texts, by their losses. */
export const isNearlyRight = (losses: readonly number[] | undefined): boolean =>
  losses !== undefined &&
  losses.reduce((count, loss) => count + (loss < rightLoss ? 1 : 0), 0) >= nearlyAll * losses.length;

/** The share of the texts that the next epoch trains on. */
export const keepShare = (keep: Recipe['optimizer']['keep'], losses: readonly number[] | undefined): number => {
  if (keep !== 'auto') return keep;
  return losses !== undefined && losses.length >= manyTexts && isNearlyRight(losses) ? 0.5 : 1;
};

/** Texts of a class that stand beside each other: enough to draw together, few enough for many classes a batch. */
const runLength = 4;

/** Texts in runs of one class each, the runs in random order. */
const besideEachOther = (texts: readonly number[], classOf: Int32Array, random: Random): number[] => {
  const byClass = new Map<number, number[]>();
  for (const text of texts) byClass.set(classOf[text]!, [...(byClass.get(classOf[text]!) ?? []), text]);
  const runs = [...byClass.values()].flatMap((own) =>
    Array.from({ length: Math.ceil(own.length / runLength) }, (_, i) => own.slice(i * runLength, (i + 1) * runLength)),
  );
  return shuffle(runs, random).flat();
};

/** Batches of one epoch, grouped by update: a pure function of the texts, the seed and the epoch, so that a run can resume. */
export const epochUpdates = (
  lengths: Int32Array,
  selected: readonly number[] | undefined,
  {
    shape,
    recipe,
    batchesPerUpdate,
    neighbours,
  }: Pick<FitOptions, 'shape' | 'recipe' | 'batchesPerUpdate' | 'neighbours'>,
  epoch: number,
): BatchPlan[][] => {
  const random = createRandom(recipe.seed * 65_537 + epoch + 1); // a prime stride: neighbouring seeds share no epoch
  const shuffled = shuffle(selected === undefined ? Array.from(lengths, (_, i) => i) : [...selected], random);
  const order = neighbours === undefined ? shuffled : besideEachOther(shuffled, neighbours, random);
  const plans = planBatches(lengths, order, shape);
  return Array.from({ length: Math.ceil(plans.length / batchesPerUpdate) }, (_, i) =>
    plans.slice(i * batchesPerUpdate, (i + 1) * batchesPerUpdate),
  );
};

/** Whether an evaluation is the best so far; of equal scores the lower loss wins. */
export const improves = (
  next: Evaluation,
  best: Evaluation | undefined,
  metric: HeadlineFigure | 'loss' = 'accuracy',
): boolean => {
  if (best === undefined) return true;
  if (metric === 'loss') return next.loss < best.loss;
  const gain = next.scores.figures[metric]! - best.scores.figures[metric]!;
  return gain > 0 || (gain === 0 && next.loss < best.loss);
};

/** Evaluates, remembers the best weights, and counts evaluations without gain. */
export const takeEvaluation = async (
  state: ModelState,
  progress: FitProgress,
  epoch: number,
  options: FitOptions,
): Promise<void> => {
  if (options.evaluate === undefined) return;
  await options.step.sync();
  const evaluation = { epoch, step: state.step, ...(await options.evaluate(epoch)) };
  progress.evaluations.push(evaluation);
  if (improves(evaluation, progress.best, options.metric)) {
    progress.best = evaluation;
    progress.evaluationsWithoutGain = 0;
    await options.keepBest();
  } else progress.evaluationsWithoutGain += 1;
  options.onEvaluation?.(evaluation);
};

const rememberLosses = (
  progress: FitProgress,
  texts: number,
  batches: readonly LabelledBatch[],
  losses: readonly Float32Array[],
): void => {
  progress.losses ??= Array.from({ length: texts }, () => Number.MAX_VALUE); // never seen: first in line
  for (const [i, batch] of batches.entries())
    batch.texts.forEach((text, j) => (progress.losses![text] = losses[i]![j]!));
};

/** How far it is to the next multiple of `every`, for ever if that is 0. */
const until = (every: number, from: number): number => (every > 0 ? every - (from % every) : Infinity);

/** The rate that the schedule's factor multiplies. */
const highestRate = ({ optimizer: { learningRate } }: Recipe, { rateTest }: FitProgress): number => {
  if (learningRate !== 'auto') return learningRate;
  if (rateTest === undefined)
    throw new TaxonError({ code: 'internal', message: 'the learning rate is to be found and no test was made' });
  return rateTest.rate;
};

const runUpdates = async (step: TrainingStep, updates: readonly Update[]): Promise<StepResult[]> =>
  step.runAll === undefined ? [await step.run(updates[0]!.batches, updates[0]!.learningRate)] : step.runAll(updates);

/** Lays the texts of a plan out, with their targets. */
export const batchFiller =
  ({ head }: Pick<ModelState, 'head'>, texts: LabelledTexts, shape: PackShape) =>
  (plan: BatchPlan): LabelledBatch => ({
    ...fillTexts(plan, texts, shape, head.pooling),
    targets: plan.texts.map((text) => texts.targets[text]!),
  });

/**
 * Trains `state` in place from where `progress` stands. Two runs with the same recipe, texts, threads and machine are equal
 * to the bit, whether one was interrupted or not.
 */
export const fit = async (
  state: ModelState,
  progress: FitProgress,
  texts: LabelledTexts,
  options: FitOptions,
): Promise<FitOutcome> => {
  const { recipe, shape, step } = options;
  const { epochs } = recipe.optimizer;
  const learningRate = highestRate(recipe, progress);
  const lengths = Int32Array.from(texts.ids, (ids) => ids.length);
  const fill = batchFiller(state, texts, shape);
  while (progress.finished !== true && progress.epoch < epochs) {
    if (progress.update === 0)
      progress.selected =
        options.balanced?.(progress.epoch) ??
        selectTexts(progress.losses, keepShare(recipe.optimizer.keep, progress.losses));
    const updates = epochUpdates(lengths, progress.selected, options, progress.epoch);
    // A run of 1.5 epochs ends within its second one.
    const last = Math.ceil(updates.length * Math.min(1, epochs - progress.epoch));
    const evaluateEvery = Math.ceil(updates.length / recipe.evaluationsPerEpoch);
    while (progress.update < last) {
      if (options.shouldStop?.() === true) return 'interrupted';
      const count = Math.min(
        step.updatesPerCall ?? 1,
        last - progress.update,
        until(evaluateEvery, progress.update),
        until(recipe.checkpoint.updates, state.step),
      );
      const group = updates.slice(progress.update, progress.update + count).map((plans, i): Update => {
        const position = progress.epoch + (progress.update + i) / updates.length;
        // The middle of the update: neither the first nor the last one is wasted at a rate of 0.
        const factor = rateFactor((position + 0.5 / updates.length) / epochs, recipe.optimizer);
        return { batches: plans.map(fill), learningRate: learningRate * factor };
      });
      for (const [i, { loss, losses }] of (await runUpdates(step, group)).entries()) {
        const { batches, learningRate: rate } = group[i]!;
        rememberLosses(progress, lengths.length, batches, losses);
        progress.update += 1;
        const epoch = progress.epoch + progress.update / updates.length;
        const record = { step: state.step - (count - 1 - i), epoch, loss, learningRate: rate };
        progress.history.push(record);
        const tokens = batches.reduce((sum, batch) => sum + batch.tokens, 0);
        options.onStep?.(record, tokens, Math.round(epoch * updates.length), Math.ceil(epochs * updates.length));
      }
      const epoch = progress.epoch + progress.update / updates.length;
      if (progress.update === last || progress.update % evaluateEvery === 0) {
        await takeEvaluation(state, progress, epoch, options);
        if (recipe.patience > 0 && progress.evaluationsWithoutGain >= recipe.patience) {
          progress.finished = true;
          return 'stopped early';
        }
      }
      await options.afterUpdate?.();
    }
    progress.epoch += 1;
    progress.update = 0;
  }
  progress.finished = true;
  return 'finished';
};
