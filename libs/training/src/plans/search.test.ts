import { join } from 'node:path';
import { parse as parseYaml } from 'yaml';
import type { SearchReport } from '@taxon/evaluation';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parseRecipe, type RecipeInput, type TrainingEvent } from '../index.ts';
import { digestsOfNumbers, openWorkshop, topicNames as names, trainedNumbers, type Workshop } from './testing.ts';

let shop: Workshop;
beforeEach(async () => {
  shop = await openWorkshop();
});
afterEach(() => shop.remove());

const data = async () => ({
  train: await shop.write(
    Array.from({ length: 150 }, (_, i) => ({ text: shop.about(names[i % 3]!), label: names[i % 3] })),
  ),
});

const searchOf = async (model: string): Promise<SearchReport> =>
  (JSON.parse(await shop.read(model, 'metrics.json')) as { search: SearchReport }).search;

/** The recipe as it stands learns nothing: a random head, and a rate that moves nothing. */
const hopeless = {
  head: { start: 'random' as const },
  optimizer: { epochs: 5, learningRate: 1e-7, tokensPerStep: 256, keep: 1 },
  search: {
    trials: 6,
    pruner: 'none' as const,
    options: { 'optimizer.learningRate': { low: 1e-3, high: 1e-2, log: true }, 'optimizer.dropout': [0, 0.1] },
  },
};

describe('a search for options', () => {
  it('finds better ones than the recipe has, saves their model and tells of every trial', async () => {
    const recipe = shop.recipe({ data: await data(), ...hopeless });
    const { test, search, events } = await shop.run(recipe);
    expect(test!.figures['accuracy']).toBeGreaterThan(0.8);
    const { figure, trials } = await searchOf('model');
    expect(search).toEqual({ figure, trials });
    expect(figure).toBe('accuracy');
    expect(trials.map(({ number }) => number)).toEqual([1, 2, 3, 4, 5, 6]);
    expect(trials[0]).toMatchObject({ options: { 'optimizer.learningRate': 1e-7, 'optimizer.dropout': 0 } });
    for (const { options } of trials.slice(1)) {
      expect(options['optimizer.learningRate']).toBeGreaterThanOrEqual(1e-3);
      expect(options['optimizer.learningRate']).toBeLessThanOrEqual(1e-2);
    }
    const best = trials.reduce((a, b) => (b.value! > a.value! ? b : a));
    expect(best.value).toBeGreaterThan(trials[0]!.value! + 0.2);
    const found = parseRecipe(parseYaml(await shop.read('model', 'best-recipe.yaml')) as RecipeInput);
    expect(found.optimizer.learningRate).toBe(best.options['optimizer.learningRate']);
    expect(found.search.trials).toBe(0);
    expect(trainedNumbers(events)).toEqual([1, 2, 3, 4, 5, 6, 7]); // the last has no step left to take
    // The recipe that was found makes, alone, the model that was saved.
    await shop.run({ ...found, output: join(shop.folder, 'again') });
    expect(await digestsOfNumbers(join(shop.folder, 'again'))).toEqual(
      await digestsOfNumbers(join(shop.folder, 'model')),
    );
  });

  it.each(['median', 'halving'] as const)('stops trials that fall behind: %s', async (pruner) => {
    const options = { 'optimizer.learningRate': [1e-7, 3e-3] };
    const { optimizer } = hopeless;
    const search = { trials: 12, pruner, options, seed: 3 };
    await shop.run(
      shop.recipe({
        data: await data(),
        head: { start: 'random' },
        optimizer: { ...optimizer, learningRate: 3e-3 },
        search,
      }),
    );
    const { trials } = await searchOf('model');
    const pruned = trials.filter(({ state }) => state === 'pruned');
    expect(pruned.length).toBeGreaterThan(0);
    const rates = pruned.map((trial) => trial.options['optimizer.learningRate']);
    expect(rates.filter((rate) => rate === 1e-7).length).toBeGreaterThan(rates.length / 2);
  });

  it('goes on where it was stopped, to the same trials and bytes', async () => {
    // Whether a trial is stopped hangs on all before it: the pruner has to know again what it was told.
    const search = {
      trials: 6,
      pruner: 'halving' as const,
      options: { 'optimizer.learningRate': [1e-4, 3e-3] },
      seed: 1,
    };
    const optimizer = { ...hopeless.optimizer, learningRate: 3e-3 };
    const plan = { data: await data(), head: hopeless.head, optimizer, search };
    const straight = await shop.run(shop.recipe(plan, 'straight'));
    let trial = 0;
    const stopAt = (event: TrainingEvent): boolean => {
      if (event.kind === 'stage') trial = event.training?.number ?? 0;
      return trial === 5 && event.kind === 'evaluation';
    };
    await expect(shop.run(shop.recipe(plan), { stopAt })).rejects.toMatchObject({ code: 'cancelled' });
    const resumed = await shop.run(shop.recipe(plan), { resume: true });
    expect(trainedNumbers(resumed.events)).toEqual([5, 6, 7]);
    expect(resumed.test).toEqual(straight.test);
    const timeless = ({ trials }: SearchReport) => trials.map((one) => ({ ...one, seconds: 0 }));
    expect(timeless(await searchOf('model'))).toEqual(timeless(await searchOf('straight')));
    expect(await digestsOfNumbers(join(shop.folder, 'model'))).toEqual(
      await digestsOfNumbers(join(shop.folder, 'straight')),
    );
  });

  it('solves the head once for trials that share it', async () => {
    const options = { 'optimizer.learningRate': [1e-4, 1e-3, 3e-3] };
    const { events } = await shop.run(
      shop.recipe({ data: await data(), search: { trials: 3, pruner: 'none', options } }),
    );
    const solved = events.filter((event) => event.kind === 'stage' && event.stage === 'head');
    expect(solved.length).toBe(1);
  });

  it('comes before folds, whose members have the options that it found', async () => {
    const recipe = shop.recipe({
      data: await data(),
      ...hopeless,
      search: { ...hopeless.search, trials: 3 },
      folds: 2,
    });
    const { test, events } = await shop.run(recipe);
    expect(trainedNumbers(events)).toEqual([1, 2, 3, 4, 5, 6]);
    expect(test!.figures['accuracy']).toBeGreaterThan(0.8);
    const { tasks } = JSON.parse(await shop.read('model', 'metrics.json')) as {
      tasks: { folds: { figures: Record<string, number> }[] }[];
    };
    for (const { figures } of tasks[0]!.folds) expect(figures['accuracy']).toBeGreaterThan(0.8);
  });
});
