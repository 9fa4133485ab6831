import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createModelState } from './model-state.ts';
import { digestsOfNumbers, openWorkshop, topicNames as names, type Workshop } from './plans/testing.ts';
import { withStateRestored } from './range-test.ts';
import { batchesOf, session, tinyEncoder, tinyHead, tinyStep, tinyTexts, tinyWeights } from './testing.ts';
import { createTrainingStep } from './training-step.ts';
import type { ModelState } from './model-state.ts';

const digest = ({ tables, memory, step }: ModelState): string => {
  const hash = createHash('sha256').update(String(step));
  for (const { values, m, v } of Object.values(tables)) for (const array of [values, m, v]) hash.update(array);
  for (const { value, m, v } of Object.values(memory.tensors)) for (const array of [value, m, v]) hash.update(array);
  return hash.digest('hex');
};

describe('a state lent out', () => {
  it('comes back to the bit, whether it was fresh or had moments', async () => {
    const state = createModelState(tinyWeights(), tinyEncoder, tinyHead);
    const batches = batchesOf(tinyTexts(12), [...Array(12).keys()]);
    const takeSteps = async (): Promise<void> => {
      const step = await createTrainingStep(state, tinyStep, session);
      for (const batch of batches) await step.run([batch], 1e-2);
      await step.dispose();
    };
    for (let round = 0; round < 2; round++) {
      const before = digest(state);
      await withStateRestored(state, async () => {
        await takeSteps();
        expect(digest(state)).not.toBe(before);
      });
      expect(digest(state)).toBe(before);
      await takeSteps(); // the second round begins with moments
    }
  });
});

let shop: Workshop;
beforeEach(async () => {
  shop = await openWorkshop();
});
afterEach(() => shop.remove());

describe("optimizer.learningRate: 'auto'", () => {
  it('finds a rate that learns, tells it, and shows the curve', async () => {
    const rows = Array.from({ length: 150 }, (_, i) => ({ text: shop.about(names[i % 3]!), label: names[i % 3] }));
    const data = { train: await shop.write(rows) };
    const optimizer = { epochs: 12, tokensPerStep: 128, keep: 1, learningRate: 'auto' as const };
    const recipe = shop.recipe({ data, head: { start: 'random' }, optimizer });
    const { test, events } = await shop.run(recipe);
    expect(test!.figures['accuracy']).toBeGreaterThan(0.8);
    const { rateTest } = JSON.parse(await shop.read('model', 'metrics.json')) as {
      rateTest: { points: { rate: number; loss: number }[]; rate: number };
    };
    expect(rateTest.points.length).toBeGreaterThan(20);
    expect(rateTest.rate).toBeGreaterThan(1e-5);
    expect(await shop.read('model', 'report.html')).toContain('id="rates"');
    const rates = events.flatMap((event) =>
      event.kind === 'progress' && event.stage === 'train' ? [event.learningRate!] : [],
    );
    expect(Math.max(...rates)).toBeLessThanOrEqual(rateTest.rate);
    // The test has changed nothing: the same rate, given, comes to the same model.
    const given = shop.recipe({ data, head: { start: 'random' }, optimizer: { ...optimizer, learningRate: rateTest.rate } }, 'given'); // prettier-ignore
    await shop.run(given);
    const [found, same] = await Promise.all(
      ['model', 'given'].map((name) => digestsOfNumbers(join(shop.folder, name))),
    );
    expect(found).toEqual(same);
  });
});
