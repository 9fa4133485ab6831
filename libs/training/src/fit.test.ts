import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { loadCheckpoint, requireCheckpoint, saveCheckpoint } from './checkpoint.ts';
import { fit, freshProgress, improves, type Evaluation, type FitOptions } from './fit.ts';
import { createModelState, type ModelState } from './model-state.ts';
import { parseRecipe } from './parse-recipe.ts';
import { rateFactor } from './schedule.ts';
import { session, tinyEncoder, tinyHead, tinyShape, tinyTexts, tinyWeights } from './testing.ts';
import { createTrainingStep } from './training-step.ts';

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
    { shape: tinyShape, adamw: recipe.optimizer, ...recipe.optimizer, seed: 5 },
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

const fresh = (): ModelState => createModelState(tinyWeights(), tinyEncoder, tinyHead, { accumulate: true });

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
  metrics: { n: 1, accuracy, macroF1: accuracy, weightedF1: accuracy, perClass: [] },
});

describe('fit', () => {
  let folder = '';
  beforeEach(async () => (folder = await mkdtemp(join(tmpdir(), 'taxon-fit-'))));
  afterEach(() => rm(folder, { recursive: true }));

  it('goes on from a checkpoint to the bit', async () => {
    const straight = fresh();
    const { outcome, progress: whole } = await train(straight);
    expect(outcome).toBe('finished');
    for (const stopAt of [1, 4, 7]) {
      const first = fresh();
      const stopped = await train(first, { shouldStop: () => first.step >= stopAt });
      expect(stopped.outcome).toBe('interrupted');
      const identity = { recipe, dataDigest: 'd' };
      await saveCheckpoint(folder, first, stopped.progress, identity);
      const second = fresh();
      const progress = await loadCheckpoint(folder, second, identity);
      await train(second, {}, progress);
      expect(bytes(second)).toEqual(bytes(straight));
      expect(progress.history).toEqual(whole.history);
    }
    expect((await readdir(folder)).sort()).toEqual(['progress.json', 'state-7.safetensors']);
  });

  it('refuses a checkpoint of another recipe or other data, and a folder without one', async () => {
    await expect(requireCheckpoint(folder, { recipe })).rejects.toThrow('holds no checkpoint');
    await saveCheckpoint(folder, fresh(), freshProgress(), { recipe, dataDigest: 'd' });
    await expect(requireCheckpoint(folder, { recipe: { ...recipe, seed: 6 } })).rejects.toThrow('differs in seed');
    await expect(requireCheckpoint(folder, { recipe, dataDigest: 'e' })).rejects.toThrow('the data changed');
    await expect(
      requireCheckpoint(folder, { recipe: { ...recipe, spin: false }, dataDigest: 'd' }),
    ).resolves.toBeDefined();
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
    expect(progress.best?.metrics.accuracy).toBe(0.7);
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
