import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createCheckpoints, findCheckpoint, restore } from './checkpoint.ts';
import { fit, freshProgress, improves, keepShare, selectTexts, type Evaluation, type FitOptions } from './fit.ts';
import { createModelState, type ModelState } from './model-state.ts';
import { parseRecipe } from './parse-recipe.ts';
import { rateFactor } from './schedule.ts';
import { session, tinyEncoder, tinyHead, tinyShape, tinyTexts, tinyWeights } from './testing.ts';
import { createLoopStep } from './loop-step.ts';
import { createTrainingStep, type TrainingStep } from './training-step.ts';

const recipe = parseRecipe({
  data: { train: 'x.csv' },
  output: 'model',
  seed: 5,
  optimizer: { epochs: 2, learningRate: 0.01, accumulation: 2, dropout: 0.1 },
});
const texts = tinyTexts(90);

const train = async (state: ModelState, how: Partial<FitOptions> = {}, progress = freshProgress()) => {
  const step = await createTrainingStep(
    state,
    { shape: tinyShape, adamw: recipe.optimizer, ...recipe.optimizer, seed: 5, accumulate: true },
    session,
  );
  const outcome = await fit(state, progress, texts, {
    recipe,
    shape: tinyShape,
    batchesPerUpdate: recipe.optimizer.accumulation,
    step,
    keepBest: () => Promise.resolve(),
    ...how,
  });
  await step.dispose();
  return { outcome, progress };
};

const fresh = (): ModelState => createModelState(tinyWeights(), tinyEncoder, tinyHead);

const bytes = ({ memory, tables, step }: ModelState): unknown => [
  step,
  ...Object.values(memory.tensors).flatMap(({ value, m, v }) =>
    [value, m, v].map((x) => Buffer.from(x.slice().buffer).toString('base64')),
  ),
  ...Object.values(tables).flatMap(({ values, m, v }) =>
    [values, m, v].map((x) => Buffer.from(x.slice().buffer).toString('base64')),
  ),
];

const evaluation = (accuracy: number, loss: number): Evaluation => ({
  epoch: 1,
  step: 1,
  loss,
  scores: { n: 1, figures: { accuracy, macroF1: accuracy, microF1: accuracy, weightedF1: accuracy }, tasks: [] },
});

describe('fit', () => {
  let folder = '';
  beforeEach(async () => (folder = await mkdtemp(join(tmpdir(), 'taxon-fit-'))));
  afterEach(() => rm(folder, { recursive: true }));

  it('hands a step that takes many updates as many as there are until the next evaluation or checkpoint', async () => {
    const state = fresh();
    const step = await createLoopStep(
      state,
      {
        shape: tinyShape,
        adamw: recipe.optimizer,
        ...recipe.optimizer,
        seed: 5,
        batchesPerUpdate: 2,
        updatesPerCall: 3,
      },
      session,
    );
    const groups: number[] = [];
    const counting: TrainingStep = {
      ...step,
      runAll: (updates) => {
        groups.push(updates.length);
        return step.runAll!(updates);
      },
    };
    const often = parseRecipe({
      ...recipe,
      data: { train: 'x.csv' },
      evaluationsPerEpoch: 2,
      patience: 0,
      checkpoint: { updates: 4 },
    });
    const evaluations: number[] = [];
    const { progress } = await train(state, {
      recipe: often,
      step: counting,
      evaluate: () => Promise.resolve(evaluation(0.5, evaluations.push(state.step))),
    });
    await step.dispose();
    const alone = await train(fresh());
    expect(progress.history.map(({ step: at }) => at)).toEqual(alone.progress.history.map(({ step: at }) => at));
    progress.history.forEach(({ loss }, i) => expect(loss).toBeCloseTo(alone.progress.history[i]!.loss, 2));
    expect(Math.max(...groups)).toBe(3);
    let done = 0;
    const ends = groups.map((count) => (done += count));
    for (const boundary of [...evaluations, 4, 8]) expect(ends).toContain(boundary);
  });

  it('goes on from a checkpoint to the bit', async () => {
    const straight = fresh();
    const { outcome, progress: whole } = await train(straight);
    expect(outcome).toBe('finished');
    for (const stopAt of [1, 4, 7]) {
      const first = fresh();
      const stopped = await train(first, { shouldStop: () => first.step >= stopAt });
      expect(stopped.outcome).toBe('interrupted');
      await createCheckpoints(folder, { recipe, dataDigest: 'd' }).save(first, stopped.progress);
      const second = fresh();
      const progress = await restore(folder, await findCheckpoint(folder, (why) => expect.fail(why)), second);
      await train(second, {}, progress);
      expect(bytes(second)).toEqual(bytes(straight));
      expect(progress.history).toEqual(whole.history);
    }
  });

  it('trains an epoch on the texts that the model does worst on, resumable in its middle', async () => {
    const half = { ...recipe, optimizer: { ...recipe.optimizer, keep: 0.5, epochs: 3 } };
    const seen: Set<number>[] = [];
    const straight = fresh();
    const { progress: whole } = await train(straight, {
      recipe: half,
      onStep: ({ epoch }) => (seen[Math.ceil(epoch) - 1] ??= new Set()).add(epoch),
    });
    // All in the first epoch, where no loss is known; half of them afterwards.
    expect(seen.map((updates) => updates.size)).toEqual([expect.any(Number), expect.any(Number), expect.any(Number)]);
    expect(seen[1]!.size).toBeLessThanOrEqual(Math.ceil(seen[0]!.size / 2) + 1);
    expect(whole.selected).toHaveLength(45);
    const first = fresh();
    const stopped = await train(first, { recipe: half, shouldStop: () => first.step >= seen[0]!.size + 1 });
    await createCheckpoints(folder, { recipe: half, dataDigest: 'd' }).save(first, stopped.progress);
    const second = fresh();
    const progress = await restore(folder, await findCheckpoint(folder, (why) => expect.fail(why)), second);
    await train(second, { recipe: half }, progress);
    expect(bytes(second)).toEqual(bytes(straight));
  });

  it('stops early when evaluations gain nothing', async () => {
    const scores = [0.5, 0.7, 0.6, 0.65, 0.9];
    let kept = 0;
    const how: Partial<FitOptions> = {
      recipe: { ...recipe, patience: 2, evaluationsPerEpoch: 4 },
      evaluate: () => Promise.resolve(evaluation(scores.shift()!, 1)),
      keepBest: () => {
        kept += 1;
        return Promise.resolve();
      },
    };
    const { outcome, progress } = await train(fresh(), how);
    expect(outcome).toBe('stopped early');
    expect(progress.best?.scores.figures['accuracy']).toBe(0.7);
    expect(kept).toBe(2);
    expect(scores).toEqual([0.9]);
  });

  it('ends a fractional number of epochs within the epoch', async () => {
    const part = { ...recipe, optimizer: { ...recipe.optimizer, epochs: 1.5 } };
    const { progress } = await train(fresh(), { recipe: part });
    expect(progress.history.at(-1)!.epoch).toBeGreaterThanOrEqual(1.5);
    expect(progress.history.at(-1)!.epoch).toBeLessThan(1.8);
    expect(progress.history.at(-1)!.learningRate).toBeLessThan(progress.history[3]!.learningRate);
  });

  it('selects the largest losses, and of equal ones the first', () => {
    expect(selectTexts([0.1, 3, 0.2, 3, 3], 0.5)).toEqual([1, 3, 4]);
    expect(selectTexts([1, 1, 1, 1], 0.5)).toEqual([0, 1]);
    expect(selectTexts([1, 2], 0.01)).toEqual([1]);
    expect(selectTexts([1, 2], 1)).toBeUndefined();
    expect(selectTexts(undefined, 0.5)).toBeUndefined();
  });

  it('leaves half out by itself only of many texts that it is right about', () => {
    const losses = (texts: number, wrong: number): number[] =>
      Array.from({ length: texts }, (_, i) => (i < wrong ? 2 : 0.1));
    expect(keepShare('auto', losses(10_000, 1000))).toBe(0.5);
    expect(keepShare('auto', losses(10_000, 1001))).toBe(1);
    expect(keepShare('auto', losses(9_999, 0))).toBe(1);
    expect(keepShare('auto', undefined)).toBe(1);
    expect(keepShare(0.7, losses(20, 20))).toBe(0.7);
  });

  it('breaks ties by loss', () => {
    expect(improves(evaluation(0.8, 1), undefined, 'accuracy')).toBe(true);
    expect(improves(evaluation(0.8, 0.9), evaluation(0.8, 1), 'accuracy')).toBe(true);
    expect(improves(evaluation(0.8, 1.1), evaluation(0.8, 1), 'accuracy')).toBe(false);
    expect(improves(evaluation(0.7, 0.5), evaluation(0.8, 1), 'macroF1')).toBe(false);
    expect(improves(evaluation(0.7, 0.5), evaluation(0.8, 1), 'loss')).toBe(true);
  });
});

describe('the schedule', () => {
  it('climbs, then falls to its end', () => {
    const at = (progress: number, schedule: 'linear' | 'cosine' | 'constant') =>
      rateFactor(progress, { schedule, warmup: 0.1 });
    expect([0, 0.05, 0.1].map((p) => at(p, 'linear'))).toEqual([0, 0.5, 1]);
    expect(at(0.55, 'linear')).toBeCloseTo(0.5);
    expect(at(0.55, 'cosine')).toBeCloseTo(0.5);
    expect(at(0.2, 'cosine')).toBeGreaterThan(at(0.2, 'linear'));
    expect([at(1, 'linear'), at(1, 'cosine'), at(1, 'constant')]).toEqual([0, 0, 1]);
  });
});
