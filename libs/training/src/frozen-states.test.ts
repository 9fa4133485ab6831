import { afterAll, describe, expect, it } from 'vitest';
import { createForwardPass } from './forward-pass.ts';
import { freezeParts } from './freeze-parts.ts';
import { createModelState, weightsOf, type ModelState, type ModelStateOptions, type Precision } from './model-state.ts';
import type { TrainingEvent } from './progress.ts';
import { createReporter } from './reporter.ts';
import { batchesOf, session, tinyEncoder, tinyHead, tinyShape, tinyStep, tinyTexts, tinyWeights } from './testing.ts';
import { layerOf } from './trained.ts';
import { createTrainingStep, type StepOptions } from './training-step.ts';

const texts = tinyTexts(40);
const none = { ids: [], targets: [], padId: 0 };
const closers: (() => Promise<void>)[] = [];
afterAll(async () => {
  for (const close of closers) await close();
});

const stateOf = (how: ModelStateOptions): ModelState => createModelState(tinyWeights(), tinyEncoder, tinyHead, how);

/** The texts with what the frozen layers make of them; with a limit of 0 they are computed batch by batch. */
const frozen = async (state: ModelState, limit?: number, precision: Precision = 'fp32') => {
  const events: TrainingEvent[] = [];
  const reporter = createReporter((event) => events.push(event));
  const signal = new AbortController().signal;
  const parts = { train: texts, validation: tinyTexts(9, 8), test: none };
  const frozenParts = await freezeParts(parts, state, {
    shape: tinyShape,
    session,
    precision,
    signal,
    reporter,
    limit,
  });
  closers.push(frozenParts.dispose);
  return { ...frozenParts.parts, events };
};

interface How {
  state: ModelStateOptions;
  step?: Partial<StepOptions>;
  limit?: number;
  /** Steps that see the whole model, frozen layers included. */
  whole?: boolean;
}

/** The state after some updates. */
const trained = async ({ state: options, step: how = {}, limit, whole = false }: How): Promise<ModelState> => {
  const state = stateOf(options);
  const precision = options.precision;
  const states = whole || state.freeze === 0 ? undefined : (await frozen(state, limit, precision)).train.states;
  // A large epsilon: Adam's first steps are otherwise the gradient's sign, which blows rounding up.
  const adamw = { ...tinyStep.adamw, epsilon: 1e-2 };
  const step = await createTrainingStep(state, { ...tinyStep, adamw, accumulate: true, ...how, states }, session);
  const batches = batchesOf(texts, [...texts.ids.keys()]);
  expect(batches.length).toBeGreaterThan(2);
  for (let i = 0; i < 6; i++) await step.run([batches[i % batches.length]!, batches[(i + 1) % batches.length]!], 1e-2);
  await step.dispose();
  return state;
};

const valuesOf = (state: ModelState): Record<string, Float32Array> => {
  const { parameters, ...tables } = weightsOf(state);
  return { ...tables, ...parameters };
};
const before = valuesOf(stateOf({}));

const largestDifference = (a: ModelState, b: ModelState): number =>
  Math.max(
    ...Object.entries(valuesOf(a)).map(([name, x]) =>
      x.reduce((most, value, i) => Math.max(most, Math.abs(value - valuesOf(b)[name]![i]!)), 0),
    ),
  );

describe('frozen first layers', () => {
  it.each([0, 1, 2])(
    'of two layers the first %i, and with them the embeddings, stay the same bytes; the rest learns',
    async (freeze) => {
      const after = valuesOf(await trained({ state: { freeze } }));
      for (const [name, values] of Object.entries(after)) {
        const stays = layerOf(name, tinyEncoder) < freeze;
        // A key's bias moves all scores of a query alike: its gradient is 0 but for rounding.
        if (!name.endsWith('key.bias'))
          expect([name, values.every((x, i) => x === before[name]![i])]).toEqual([name, stays]);
      }
    },
  );

  it.each<[string, Partial<StepOptions>]>([
    ['as they are', {}],
    ['with recomputation', { recompute: true }],
  ])('learn like a model whose first layers are computed every time and do not move, %s', async (_, step) => {
    const cached = await trained({ state: { freeze: 1 }, step });
    const whole = await trained({ state: { freeze: 1 }, step, whole: true });
    expect(largestDifference(cached, whole)).toBeLessThan(1e-5);
    // So do those that are too large to keep.
    const onDemand = await trained({ state: { freeze: 1 }, step, limit: 0 });
    expect(largestDifference(onDemand, whole)).toBeLessThan(1e-5);
    expect(largestDifference(cached, await trained({ state: {} }))).toBeGreaterThan(1e-3);
  });

  it('move what is behind them as an unfrozen model does whose first layers have a learning rate of 0', async () => {
    // With a decay of almost nothing a layer, the layers before the last have a rate of (almost) 0. The head's is 1, the last layer's too.
    const step = { layerDecay: 1e-12, clipNorm: 0 };
    const frozenOnes = await trained({ state: { freeze: 1 }, step });
    const still = await trained({ state: {}, step });
    expect(largestDifference(frozenOnes, still)).toBeLessThan(1e-5);
  });

  it('trains in int8 and with dropout behind them, twice to the same bytes', async () => {
    const how: How = { state: { freeze: 1, precision: 'int8' }, step: { dropout: 0.2 } };
    const once = await trained(how);
    expect(largestDifference(once, await trained(how))).toBe(0);
    const fp32 = await trained({ state: { freeze: 1 }, step: { dropout: 0.2 } });
    const difference = largestDifference(once, fp32);
    expect(difference).toBeGreaterThan(0);
    expect(difference).toBeLessThan(0.1);
  });

  it('score from what is kept as the whole model does', async () => {
    for (const limit of [undefined, 0]) {
      const state = await trained({ state: { freeze: 1 } });
      const { validation, events } = await frozen(state, limit);
      expect(events.some((event) => event.kind === 'notice')).toBe(limit === 0);
      const whole = await createForwardPass(state, tinyShape, session);
      const rest = await createForwardPass(state, tinyShape, session, { fromStates: true });
      const expected = await whole.run(state, validation);
      const actual = await rest.run(state, validation);
      expected.logits.forEach((logit, i) => expect(actual.logits[i]).toBeCloseTo(logit, 5));
      const chosen = [7, 2, 5];
      const some = { ids: chosen.map((i) => validation.ids[i]!), padId: 0, states: validation.states!.of(chosen) };
      const { features } = await rest.run(state, some);
      chosen.forEach((text, i) => {
        const { hidden } = tinyEncoder;
        for (let k = 0; k < hidden; k++)
          expect(features[i * hidden + k]).toBeCloseTo(expected.features[text * hidden + k]!, 5);
      });
      await whole.dispose();
      await rest.dispose();
    }
  });

  it('hold neither moments nor gradients', () => {
    const [all, half] = [stateOf({}), stateOf({ freeze: 1 })];
    expect(half.tables.words.m).toHaveLength(0);
    expect(half.memory.tensors['layer.0.up.weight']!.gradient).toHaveLength(0);
    expect(half.memory.tensors['layer.1.up.weight']!.gradient).toHaveLength(16 * 32);
    expect(half.memory.bytes).toBeLessThanOrEqual(all.memory.bytes);
    expect(() => half.memory.update('layer.0.up.weight', {} as never)).toThrow(/not trained/);
  });
});
