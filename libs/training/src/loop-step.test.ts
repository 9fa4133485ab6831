import type { ComputeDevice, SessionOptions } from '@taxon/compute';
import { describe, expect, it } from 'vitest';
import { createLoopStep, type LoopStepOptions } from './loop-step.ts';
import { createModelState, type ModelState } from './model-state.ts';
import {
  batchesOf,
  session,
  tinyEncoder,
  tinyHead,
  tinyStep,
  tinyTexts,
  tinyWeights,
  webGpuIsThere,
} from './testing.ts';
import { createTrainingStep, type StepOptions, type Update } from './training-step.ts';

const options: StepOptions = tinyStep;

const fresh = (): ModelState => createModelState(tinyWeights(), tinyEncoder, tinyHead);

/**
 * Every number of a state, by name. Without the keys' biases, which softmax cancels: their gradient is rounding alone, and Adam
 * blows it up to steps of full length.
 */
const numbersOf = ({ memory, tables }: ModelState): Record<string, Float32Array> => ({
  ...Object.fromEntries(
    Object.entries(memory.tensors)
      .filter(([name]) => !name.endsWith('key.bias'))
      .flatMap(([name, { value, m, v }]) => [
        [name, value],
        [`m ${name}`, m],
        [`v ${name}`, v],
      ]),
  ),
  ...Object.fromEntries(
    Object.entries(tables).flatMap(([name, { values, m, v }]) => [
      [name, values],
      [`m ${name}`, m],
      [`v ${name}`, v],
    ]),
  ),
});

/** Largest difference of any two numbers, by the largest of their tensor (weights of 0 among them would count for nothing). */
const largestDifference = (a: ModelState, b: ModelState): number => {
  const others = numbersOf(b);
  return Math.max(
    ...Object.entries(numbersOf(a)).map(([name, x]) => {
      const scale = x.reduce((most, value) => Math.max(most, Math.abs(value)), 1e-12);
      return x.reduce((most, value, i) => Math.max(most, Math.abs(value - others[name]![i]!) / scale), 0);
    }),
  );
};

/** Updates of `size` batches each, the last one of what is left. */
const updatesOf = (size: number, learningRate = 1e-3): Update[] => {
  const texts = tinyTexts(60);
  const batches = batchesOf(texts, [...texts.ids.keys()]);
  return Array.from({ length: Math.ceil(batches.length / size) }, (_, i) => ({
    batches: batches.slice(i * size, (i + 1) * size),
    learningRate: learningRate * (1 + i),
  }));
};

const onHost = async (updates: Update[], how: Partial<StepOptions> = {}) => {
  const state = fresh();
  const step = await createTrainingStep(state, { ...options, ...how, accumulate: true }, session);
  const results = [];
  for (const { batches, learningRate } of updates) results.push(await step.run(batches, learningRate));
  await step.dispose();
  return { state, results };
};

const onDevice = async (
  updates: Update[],
  how: Partial<LoopStepOptions> = {},
  where: SessionOptions = session,
  state = fresh(),
) => {
  const step = await createLoopStep(state, { ...options, ...how }, where);
  const results = await step.runAll!(updates);
  await step.sync();
  await step.dispose();
  return { state, results };
};

const webgpu = await webGpuIsThere();

describe.each<[ComputeDevice, boolean]>([
  ['cpu', true],
  ['webgpu', webgpu],
])('the training step as one program on %s (webgpu needs an adapter)', (device, there) => {
  it.skipIf(!there).each([
    { name: 'one batch an update', size: 1, how: {} },
    { name: 'several, summed in the graph', size: 2, how: { batchesPerUpdate: 2 } },
    { name: 'without clipping, with dropout', size: 1, how: { clipNorm: 0, dropout: 0.2 } },
  ])(
    'ends where the host’s step ends: $name',
    async ({ size, how }) => {
      const updates = updatesOf(size).slice(0, 4);
      const host = await onHost(updates, how);
      const { state, results } = await onDevice(updates, how, { device, threads: 1 });
      results.forEach(({ loss, losses, gradientNorm }, i) => {
        expect(loss).toBeCloseTo(host.results[i]!.loss, 4);
        expect(gradientNorm / host.results[i]!.gradientNorm).toBeCloseTo(1, 3);
        expect(losses.map(({ length }) => length)).toEqual(host.results[i]!.losses.map(({ length }) => length));
      });
      expect(state.step).toBe(host.state.step);
      expect(largestDifference(host.state, state)).toBeLessThan(device === 'cpu' ? 2e-4 : 2e-3);
    },
    60_000,
  );
});

describe('a loop of updates', () => {
  it('is the same update by update, in one call, and in several', async () => {
    const updates = updatesOf(2);
    const how = { batchesPerUpdate: 2 };
    const single = await onDevice(updates, { ...how, updatesPerCall: 1 });
    const several = await onDevice(updates, { ...how, updatesPerCall: 2 });
    const whole = await onDevice(updates, how);
    expect(updates.length).toBeGreaterThan(2);
    expect(largestDifference(single.state, whole.state)).toBe(0);
    expect(largestDifference(several.state, whole.state)).toBe(0);
  });

  it('leaves the host’s state behind until it is synced', async () => {
    const state = fresh();
    const step = await createLoopStep(state, options, session);
    await step.runAll!(updatesOf(1).slice(0, 2));
    expect(largestDifference(fresh(), state)).toBe(0);
    expect(state.step).toBe(2);
    await step.sync();
    await step.dispose();
    expect(largestDifference(fresh(), state)).toBeGreaterThan(0);
  });

  it('leaves the rows of words that do not occur as they are', async () => {
    const updates = updatesOf(1).slice(0, 1);
    const { state } = await onDevice(updates);
    const [before, after] = [fresh().tables.words.values, state.tables.words.values];
    const used = new Set([...updates[0]!.batches[0]!.ids].filter((id) => id !== 0));
    for (let word = 0; word < tinyEncoder.vocabulary; word++) {
      const [from, to] = [word * tinyEncoder.hidden, (word + 1) * tinyEncoder.hidden];
      const same = before.subarray(from, to).join() === after.subarray(from, to).join();
      expect(same, `word ${word}`).toBe(!used.has(word));
    }
  });

  it('refuses an update of more batches than it was made for', async () => {
    const step = await createLoopStep(fresh(), options, session);
    await expect(step.run(updatesOf(2)[0]!.batches, 0.1)).rejects.toThrow(
      'an update of 2 batches; the program takes 1',
    );
    await step.dispose();
  });
});

// ONNX Runtime's CPU provider drops casts to float16 and back around a product: there, only the scaling itself is seen.
describe('half precision', () => {
  it('skips updates that overflow: nothing changes, and nothing becomes NaN', async () => {
    const { state, results } = await onDevice(updatesOf(1).slice(0, 3), { precision: 'fp16', lossScale: Infinity });
    for (const { gradientNorm } of results) expect(gradientNorm).not.toBeLessThan(Infinity);
    expect(state.step).toBe(0);
    expect(largestDifference(fresh(), state)).toBe(0);
  });

  it('ends where fp32 ends when nothing overflows and nothing is rounded', async () => {
    const updates = updatesOf(1).slice(0, 4);
    const [full, scaled] = [await onDevice(updates), await onDevice(updates, { precision: 'fp16' })];
    expect(scaled.state.step).toBe(4);
    expect(largestDifference(full.state, scaled.state)).toBeLessThan(2e-4);
  });

  const where = { device: 'webgpu', threads: 1 } as const;

  it.skipIf(!webgpu)(
    'learns as fp32 does, and is not fp32 (webgpu, needs an adapter)',
    async () => {
      const updates = [...updatesOf(1), ...updatesOf(1)];
      const full = await onDevice(updates);
      const half = await onDevice(updates, { precision: 'fp16' }, where);
      half.results.forEach(({ loss }, i) => expect(Math.abs(loss - full.results[i]!.loss)).toBeLessThan(0.02));
      expect(Math.abs(half.results[0]!.loss - full.results[0]!.loss)).toBeGreaterThan(1e-6);
      expect(half.state.step).toBe(updates.length);
    },
    60_000,
  );

  it.skipIf(!webgpu)(
    'comes down from a scale that is too large (webgpu, needs an adapter)',
    async () => {
      const [first] = updatesOf(1);
      const many = Array.from({ length: 20 }, () => first!);
      const { state, results } = await onDevice(many, { precision: 'fp16', lossScale: 2 ** 24 }, where);
      expect(results[0]!.gradientNorm).not.toBeLessThan(Infinity);
      expect(state.step).toBeGreaterThan(4);
      expect(state.step).toBeLessThan(20);
      expect(Object.values(numbersOf(state)).every((x) => x.every(Number.isFinite))).toBe(true);
      expect(results.at(-1)!.loss).toBeLessThan(results[0]!.loss);
    },
    60_000,
  );
});
