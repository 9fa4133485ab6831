import { mergeLora } from '@taxon/models';
import { describe, expect, it } from 'vitest';
import { createForwardPass } from './forward-pass.ts';
import { createModelState, weightsOf, type ModelState, type ModelStateOptions } from './model-state.ts';
import { batchesOf, session, tinyEncoder, tinyHead, tinyShape, tinyStep, tinyTexts, tinyWeights } from './testing.ts';
import { createTrainingStep, type StepOptions } from './training-step.ts';
import type { Learning } from './trained.ts';

const texts = tinyTexts(60);
const lora: Learning['lora'] = { rank: 4, alpha: 8, targets: ['query', 'value', 'up'], biases: false };
const batches = batchesOf(texts, [...texts.ids.keys()]);

const stateOf = (how: ModelStateOptions = { lora }): ModelState =>
  createModelState(tinyWeights(), tinyEncoder, tinyHead, how);

const trained = async (state: ModelState, how: Partial<StepOptions> = {}): Promise<number[]> => {
  const step = await createTrainingStep(state, { ...tinyStep, accumulate: true, ...how }, session);
  const losses: number[] = [];
  for (let i = 0; i < 40; i++) losses.push((await step.run([batches[i % batches.length]!], 1e-2)).loss);
  await step.dispose();
  return losses;
};

const logitsOf = async (state: ModelState): Promise<Float32Array> => {
  const forward = await createForwardPass(state, tinyShape, session);
  const { logits } = await forward.run(state, texts);
  await forward.dispose();
  return logits;
};

/** Names of what is no longer as it was at the start. */
const movedNames = (state: ModelState, how?: ModelStateOptions): string[] => {
  const start = weightsOf(stateOf(how));
  const { parameters, ...tables } = weightsOf(state);
  const before: Record<string, Float32Array> = { ...start.parameters, ...start } as never;
  return Object.entries({ ...parameters, ...tables }).flatMap(([name, values]) =>
    values.some((x, i) => x !== before[name]![i]) ? [name] : [],
  );
};

const largestDifference = (a: Float32Array, b: Float32Array): number =>
  a.reduce((most, x, i) => Math.max(most, Math.abs(x - b[i]!)), 0);

describe('low-rank adaptation', () => {
  it('starts as the model it adapts, and learns with all weights but the head’s as they are', async () => {
    const state = stateOf();
    expect(largestDifference(await logitsOf(state), await logitsOf(stateOf({})))).toBe(0);
    const losses = await trained(state);
    expect(losses[0]).toBeGreaterThan(0.9); // three classes at random: ln 3 = 1.1
    expect(Math.max(...losses.slice(-4))).toBeLessThan(0.6);
    const matrices = [0, 1].flatMap((layer) =>
      ['query', 'value', 'up'].flatMap((target) =>
        ['A', 'B'].map((part) => `layer.${layer}.${target}.weight.lora${part}`),
      ),
    );
    expect(movedNames(state).sort()).toEqual([...matrices, 'classifier.bias', 'classifier.weight'].sort());
    // More than the head alone can do.
    const head = stateOf({ freeze: tinyEncoder.layers });
    expect(Math.min(...(await trained(head)).slice(-4))).toBeGreaterThan(1.2 * Math.max(...losses.slice(-4)));
  });

  it('computes merged what it computed apart, to a plain model', async () => {
    const state = stateOf();
    await trained(state);
    const apart = await logitsOf(state);
    expect(largestDifference(apart, await logitsOf(stateOf()))).toBeGreaterThan(0.1);
    mergeLora(weightsOf(state), lora);
    expect(largestDifference(await logitsOf(state), apart)).toBeLessThan(1e-5);
    const plain = createModelState(weightsOf(state), tinyEncoder, tinyHead);
    expect(Object.keys(plain.shapes).filter((name) => name.includes('lora'))).toEqual([]);
    expect(largestDifference(await logitsOf(plain), apart)).toBeLessThan(1e-5);
    expect(movedNames(state)).toContain('layer.1.up.weight');
    expect(movedNames(state)).not.toContain('layer.1.down.weight');
  });

  it('learns like a model that holds the product in its weights: one step, its gradients by the chain rule', async () => {
    // dB = s·Aᵀ·dW, where dW is the gradient of the whole weight.
    const whole = stateOf({});
    const adapted = stateOf();
    for (const state of [whole, adapted]) {
      const step = await createTrainingStep(state, { ...tinyStep, accumulate: true, clipNorm: 0 }, session);
      await step.run([batches[0]!], 0);
      await step.dispose();
    }
    const name = 'layer.1.up.weight';
    const [rows, columns] = [16, 32];
    const dW = whole.memory.tensors[name]!.gradient;
    const a = adapted.memory.tensors[`${name}.loraA`]!.value;
    const dB = adapted.memory.tensors[`${name}.loraB`]!.gradient;
    expect(Math.max(...dB.map(Math.abs))).toBeGreaterThan(1e-4);
    for (let k = 0; k < lora.rank; k++)
      for (let j = 0; j < columns; j++) {
        let expected = 0;
        for (let i = 0; i < rows; i++) expected += 2 * a[i * lora.rank + k]! * dW[i * columns + j]!;
        expect(dB[k * columns + j]).toBeCloseTo(expected, 6);
      }
    // B is 0 at first, and so is the gradient of A.
    expect(Math.max(...adapted.memory.tensors[`${name}.loraA`]!.gradient.map(Math.abs))).toBe(0);
  });

  it('can let biases and normalisations learn, too', async () => {
    const how: ModelStateOptions = { lora: { ...lora, biases: true } };
    const state = stateOf(how);
    await trained(state);
    const moved = movedNames(state, how);
    expect(moved).toEqual(
      expect.arrayContaining(['layer.0.up.bias', 'layer.1.outputNorm.gamma', 'embeddings.norm.beta']),
    );
    expect(moved.filter((name) => name.endsWith('.weight'))).toEqual(['classifier.weight']);
    expect(moved).not.toContain('words');
  });

  it.each<[string, ModelStateOptions, Partial<StepOptions>]>([
    ['8-bit products of the weights that stay', { precision: 'int8' }, {}],
    ['dropout', {}, { dropout: 0.2 }],
    ['recomputation', {}, { recompute: true }],
    ['the first layer frozen', { freeze: 1 }, {}],
  ])('learns with %s, twice to the same bytes', async (_, options, step) => {
    const [once, twice] = [stateOf({ lora, ...options }), stateOf({ lora, ...options })];
    const losses = await trained(once, step);
    expect(Math.max(...losses.slice(-4))).toBeLessThan(0.9 * losses[0]!);
    expect(await trained(twice, step)).toEqual(losses);
    expect(Object.keys(once.shapes).some((name) => name.startsWith('layer.0.') && name.includes('lora'))).toBe(
      options.freeze === undefined,
    );
  });

  it('holds moments and gradients of what learns alone', () => {
    const { memory, tables, trained: names } = stateOf();
    for (const [name, { value, m, v, gradient }] of Object.entries(memory.tensors))
      for (const array of [m, v, gradient]) expect(array).toHaveLength(names.has(name) ? value.length : 0);
    expect(tables.words.m).toHaveLength(0);
  });
});
