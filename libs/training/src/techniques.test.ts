import { describe, expect, it } from 'vitest';
import { fit, freshProgress, type FitOptions } from './fit.ts';
import { followEvaluation, followUpdate, keptWeights, startAveraging, withAverage } from './averaging.ts';
import { balanceClasses } from './balance-classes.ts';
import { createForwardPass } from './forward-pass.ts';
import { createModelState, weightsOf, type ModelState } from './model-state.ts';
import { singleLabelObjective } from './objective.ts';
import { parseRecipe } from './parse-recipe.ts';
import { batchesOf, session, tinyEncoder, tinyHead, tinyShape, tinyStep, tinyTexts, tinyWeights } from './testing.ts';
import { createTrainingStep, type StepOptions } from './training-step.ts';

const fresh = (): ModelState => createModelState(tinyWeights(), tinyEncoder, tinyHead);
const recipeOf = (changes: object = {}) => parseRecipe({ data: { train: 'x.csv' }, output: 'model', ...changes });
const adversarial = (kind: 'fgm' | 'pgd' | 'awp') => ({ kind, epsilon: 0.5, alpha: 0.3, steps: 3, rate: 0.05 });

/** One step on the same batch; its losses and the state afterwards. */
const stepWith = async (options: Partial<StepOptions>, updates = 1) => {
  const state = fresh();
  const step = await createTrainingStep(state, { ...tinyStep, accumulate: true, ...options }, session);
  const texts = tinyTexts(8);
  const batch = batchesOf(texts, [...Array(8).keys()]).slice(0, 1);
  const results = [];
  for (let i = 0; i < updates; i++) results.push(await step.run(batch, 0.01));
  await step.dispose();
  return { state, results };
};

describe('adversarial training', () => {
  it.each(['fgm', 'pgd', 'awp'] as const)(
    '%s learns more from a batch than one pass, and leaves the words as the update made them',
    async (kind) => {
      const [plain, attacked] = await Promise.all([stepWith({}), stepWith({ adversarial: adversarial(kind) })]);
      expect(attacked.results[0]!.losses[0]).toEqual(plain.results[0]!.losses[0]); // the clean pass is what is told
      expect(attacked.results[0]!.gradientNorm).toBeGreaterThan(1.3 * plain.results[0]!.gradientNorm);
      // Rows of words that no text of the batch reads are untouched.
      const { words } = attacked.state.tables;
      const untouched = tinyWeights().words.subarray(0, tinyEncoder.hidden);
      expect(words.values.subarray(0, tinyEncoder.hidden)).toEqual(untouched);
    },
  );

  it('makes the model steadier against moved embeddings', async () => {
    const harmOf = async (options: Partial<StepOptions>): Promise<number> => {
      const { state } = await stepWith({ ...options, clipNorm: 0 }, 40);
      const probe = await createTrainingStep(state, { ...tinyStep, accumulate: true }, session);
      const batch = batchesOf(tinyTexts(8), [...Array(8).keys()])[0]!;
      const clean = (await probe.run([batch], 0)).loss;
      const { values } = state.tables.words;
      for (let i = 0; i < values.length; i++) values[i]! += 0.25 * Math.sin(i * 12.9898);
      const moved = (await probe.run([batch], 0)).loss;
      await probe.dispose();
      return moved - clean;
    };
    expect(await harmOf({ adversarial: adversarial('fgm') })).toBeLessThan(await harmOf({}));
  });
});

describe('R-Drop', () => {
  it('adds the divergence of two passes to their mean loss', async () => {
    const objective = { ...singleLabelObjective(3), rDrop: 0 };
    const [without, half, whole] = await Promise.all(
      [0, 1, 2].map((rDrop) => stepWith({ dropout: 0.3, objective: { ...objective, rDrop } })),
    );
    const loss = ({ results }: Awaited<ReturnType<typeof stepWith>>): number => results[0]!.loss;
    const divergence = loss(whole!) - loss(half!);
    expect(divergence).toBeGreaterThan(0);
    expect(loss(half!) - divergence).toBeGreaterThan(0); // the mean of both losses
    expect(loss(half!) - divergence).not.toBeCloseTo(loss(without!), 6); // not the first pass alone
  });
});

describe('the contrastive loss', () => {
  it('draws the features of a class together', async () => {
    const tightness = async (weight: number): Promise<number> => {
      const objective = { ...singleLabelObjective(3), contrastive: { weight, temperature: 0.1 } };
      const { state } = await stepWith({ objective, layerDecay: 1 }, 30);
      const forward = await createForwardPass(state, tinyShape, session);
      const { features } = await forward.run(state, tinyTexts(8));
      await forward.dispose();
      const width = tinyEncoder.hidden;
      const similarity = (a: number, b: number): number =>
        features.subarray(a * width, (a + 1) * width).reduce((sum, x, i) => sum + x * features[b * width + i]!, 0);
      // Texts 0, 3 and 6 are of one class, 1 and 2 of the others.
      return similarity(0, 3) + similarity(0, 6) - similarity(0, 1) - similarity(0, 2);
    };
    expect(await tightness(5)).toBeGreaterThan(await tightness(0));
  });
});

describe('L1', () => {
  it('makes weights exactly 0, and leaves biases', async () => {
    const zeros = ({ memory }: ModelState, ending: string): number =>
      Object.entries(memory.tensors)
        .filter(([name]) => name.endsWith(ending))
        .reduce((sum, [, { value }]) => sum + value.filter((x) => x === 0).length, 0);
    const [plain, drawn] = await Promise.all([stepWith({}, 10), stepWith({ l1: 1 }, 10)]);
    expect(zeros(drawn.state, '.weight')).toBeGreaterThan(zeros(plain.state, '.weight') + 500);
    expect(zeros(drawn.state, '.bias')).toBe(zeros(plain.state, '.bias'));
  });
});

describe('averaged weights', () => {
  const run = async (averaging: object, evaluate?: FitOptions['evaluate']) => {
    const recipe = recipeOf({ averaging, optimizer: { epochs: 4, learningRate: 0.01 }, patience: 0 });
    const state = fresh();
    startAveraging(state, recipe);
    const step = await createTrainingStep(state, { ...tinyStep }, session);
    const seen: number[][] = [];
    await fit(state, freshProgress(), tinyTexts(60), {
      recipe,
      shape: tinyShape,
      batchesPerUpdate: 1,
      step,
      keepBest: () => Promise.resolve(),
      evaluate: (epoch) => {
        followEvaluation(state, epoch, recipe);
        return withAverage(state, async () => {
          seen.push([...state.memory.tensors['classifier.bias']!.value]);
          return (await evaluate?.(epoch)) ?? { loss: 1, scores: { n: 1, figures: { accuracy: 0.5 }, tasks: [] } };
        });
      },
      onStep: () => followUpdate(state, recipe),
    });
    await step.dispose();
    return { state, seen };
  };

  it('swa evaluates the mean over evaluations from its start on', async () => {
    const plain = await run({ kind: 'none' });
    const { state, seen } = await run({ kind: 'swa', start: 0.5 });
    // Epochs 1 to 4: averaged at 2, 3 and 4, and training is not disturbed by it.
    expect(state.average!.count).toBe(3);
    expect([...weightsOf(state).parameters['classifier.bias']!]).toEqual([
      ...weightsOf(plain.state).parameters['classifier.bias']!,
    ]);
    const mean = (column: number): number =>
      (plain.seen[1]![column]! + plain.seen[2]![column]! + plain.seen[3]![column]!) / 3;
    seen[3]!.forEach((value, column) => expect(value).toBeCloseTo(mean(column), 5));
    expect([...keptWeights(state).parameters['classifier.bias']!]).toEqual(seen[3]);
  });

  it('ema lags behind the weights', async () => {
    const { state, seen } = await run({ kind: 'ema', decay: 0.9 });
    expect(seen.at(-1)).not.toEqual([...weightsOf(state).parameters['classifier.bias']!]);
    expect([...keptWeights(state).parameters['classifier.bias']!]).toEqual(seen.at(-1));
  });
});

describe('balanced classes', () => {
  const space = { tasks: [{ name: 'label', kind: 'single-label' as const, labels: ['many', 'few'] }] };
  const labels = Array.from({ length: 50 }, (_, i) => [Int32Array.of(i < 40 ? 0 : 1)]);
  const count = (texts: number[]): number[] => [
    texts.filter((i) => i < 40).length,
    texts.filter((i) => i >= 40).length,
  ];

  it('shows as many texts of each class, others every epoch', () => {
    const under = balanceClasses(recipeOf({ balance: { strategy: 'undersample' } }), space, labels)!;
    const over = balanceClasses(recipeOf({ balance: { strategy: 'oversample' } }), space, labels)!;
    expect([count(under(0)), count(over(0))]).toEqual([
      [10, 10],
      [40, 40],
    ]);
    expect(under(1)).not.toEqual(under(0));
    expect(balanceClasses(recipeOf(), space, labels)).toBeUndefined();
  });
});
