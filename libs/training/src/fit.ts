import { createRandom, shuffle } from '@taxon/data';
import type { ClassificationMetrics } from '@taxon/evaluation';
import { fillBatch, planBatches, type BatchPlan, type PackShape } from '@taxon/text';
import type { TokenizedTexts } from './forward-pass.ts';
import type { ModelState } from './model-state.ts';
import type { Recipe } from './recipe.ts';
import { rateFactor } from './schedule.ts';
import type { LabelledBatch, TrainingStep } from './training-step.ts';

export interface LabelledTexts extends TokenizedTexts {
  /** Class of each text; −1 for a label that training never saw. */
  labels: Int32Array;
}

export interface Evaluation {
  epoch: number;
  step: number;
  /** Mean cross-entropy over the texts whose label is known. */
  loss: number;
  metrics: ClassificationMetrics;
}

/** One update, as the curves show it. */
export interface StepRecord {
  step: number;
  /** Fractional: 1.5 is half-way through the second epoch. */
  epoch: number;
  loss: number;
  learningRate: number;
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
  shape: PackShape;
  step: TrainingStep;
  /** Validation scores of the current weights; absent without validation texts. */
  evaluate?: () => Promise<Pick<Evaluation, 'loss' | 'metrics'>>;
  /** Keeps the current weights as the best so far. */
  keepBest: () => Promise<void>;
  /** `done` and `total` count updates of the whole run; `tokens` are this update's real ones. */
  onStep?: (record: StepRecord, tokens: number, done: number, total: number) => void;
  onEvaluation?: (evaluation: Evaluation) => void;
  /** Asked between two updates; true stops there, with everything resumable. */
  shouldStop?: () => boolean;
}

export type FitOutcome = 'finished' | 'stopped early' | 'interrupted';

/** Batches of one epoch in groups of `accumulation`: a pure function of the seed and the epoch, so that a run can resume. */
const epochUpdates = (lengths: Int32Array, shape: PackShape, recipe: Recipe, epoch: number): BatchPlan[][] => {
  const order = shuffle(
    Array.from(lengths, (_, i) => i),
    createRandom(recipe.seed * 65_537 + epoch + 1), // a prime stride: neighbouring seeds share no epoch
  );
  const plans = planBatches(lengths, order, shape);
  const { accumulation } = recipe.optimizer;
  return Array.from({ length: Math.ceil(plans.length / accumulation) }, (_, i) =>
    plans.slice(i * accumulation, (i + 1) * accumulation),
  );
};

/** Whether an evaluation is the best so far; of equal scores the lower loss wins. */
export const improves = (next: Evaluation, best: Evaluation | undefined, metric: Recipe['metric']): boolean => {
  if (best === undefined) return true;
  if (metric === 'loss') return next.loss < best.loss;
  const gain = next.metrics[metric] - best.metrics[metric];
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
  const evaluation = { epoch, step: state.step, ...(await options.evaluate()) };
  progress.evaluations.push(evaluation);
  if (improves(evaluation, progress.best, options.recipe.metric)) {
    progress.best = evaluation;
    progress.evaluationsWithoutGain = 0;
    await options.keepBest();
  } else progress.evaluationsWithoutGain += 1;
  options.onEvaluation?.(evaluation);
};

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
  const { epochs, learningRate } = recipe.optimizer;
  const lengths = Int32Array.from(texts.ids, (ids) => ids.length);
  const fill = (plan: BatchPlan): LabelledBatch => ({
    ...fillBatch(plan, (text) => texts.ids[text]!, shape, { pooling: state.head.pooling, padId: texts.padId }),
    labels: Int32Array.from(plan.texts, (text) => texts.labels[text]!),
  });
  while (progress.epoch < epochs) {
    const updates = epochUpdates(lengths, shape, recipe, progress.epoch);
    // A run of 1.5 epochs ends within its second one.
    const last = Math.ceil(updates.length * Math.min(1, epochs - progress.epoch));
    const evaluateEvery = Math.ceil(updates.length / recipe.evaluationsPerEpoch);
    while (progress.update < last) {
      if (options.shouldStop?.() === true) return 'interrupted';
      const position = progress.epoch + progress.update / updates.length;
      // The middle of the update: neither the first nor the last one is wasted at a rate of 0.
      const rate = learningRate * rateFactor((position + 0.5 / updates.length) / epochs, recipe.optimizer);
      const batches = updates[progress.update]!.map(fill);
      const { loss } = await step.run(batches, rate);
      progress.update += 1;
      const epoch = progress.epoch + progress.update / updates.length;
      const record = { step: state.step, epoch, loss, learningRate: rate };
      progress.history.push(record);
      const tokens = batches.reduce((sum, batch) => sum + batch.tokens, 0);
      options.onStep?.(record, tokens, Math.round(epoch * updates.length), Math.ceil(epochs * updates.length));
      if (progress.update === last || progress.update % evaluateEvery === 0) {
        await takeEvaluation(state, progress, epoch, options);
        if (recipe.patience > 0 && progress.evaluationsWithoutGain >= recipe.patience) return 'stopped early';
      }
    }
    progress.epoch += 1;
    progress.update = 0;
  }
  return 'finished';
};
