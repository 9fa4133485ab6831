import * as tf from '@tensorflow/tfjs-core';
import { afterEach, describe, expect, it } from 'vitest';
import { createStepFor, openDevice, type Device } from './device.ts';
import { createEagerForwardPass } from './eager-forward.ts';
import { createForwardPass } from './forward-pass.ts';
import { createModelState, type ModelState } from './model-state.ts';
import {
  batchesOf,
  isInstalled,
  session,
  tinyEncoder,
  tinyHead,
  tinyShape,
  tinyStep,
  tinyTexts,
  tinyWeights,
} from './testing.ts';
import type { LabelledBatch, StepOptions, TrainingStep } from './training-step.ts';

const options: StepOptions = { ...tinyStep, dropout: 0.1, accumulate: true };

const texts = tinyTexts(60);
const batches = batchesOf(texts, [...texts.ids.keys()]);
/** Twenty updates, every third of them from two batches. */
const groups: LabelledBatch[][] = Array.from({ length: 20 }, (_, i) =>
  Array.from({ length: i % 3 === 0 ? 2 : 1 }, (_batch, k) => batches[(2 * i + k) % batches.length]!),
);

interface Trained {
  state: ModelState;
  losses: number[];
  norms: number[];
}

const open: TrainingStep[] = [];

const stepOn = async (device: Device, how: Partial<StepOptions> = {}) => {
  await openDevice(device, { threads: 1 });
  const state = createModelState(tinyWeights(), tinyEncoder, tinyHead);
  const step = await createStepFor(device, state, { ...options, ...how }, session);
  open.push(step);
  return { state, step };
};

const train = async (device: Device, how: Partial<StepOptions> = {}): Promise<Trained> => {
  const { state, step } = await stepOn(device, how);
  const [losses, norms]: [number[], number[]] = [[], []];
  for (const group of groups) {
    const { loss, gradientNorm } = await step.run(group, 1e-2);
    losses.push(loss);
    norms.push(gradientNorm);
  }
  await step.sync();
  return { state, losses, norms };
};

/** Everything that a checkpoint would hold. */
const numbersOf = ({ memory, tables }: ModelState): Record<string, Float32Array> =>
  Object.fromEntries([
    ...Object.entries(memory.tensors).flatMap(([name, { value, m, v }]) =>
      Object.entries({ value, m, v }).map(([part, data]) => [`${name}.${part}`, data] as const),
    ),
    ...Object.entries(tables).flatMap(([name, { values, m, v }]) =>
      Object.entries({ values, m, v }).map(([part, data]) => [`${name}.${part}`, data] as const),
    ),
  ]);

const largestDifference = (a: ArrayLike<number>, b: ArrayLike<number>): number =>
  Array.from(a).reduce((most, value, i) => Math.max(most, Math.abs(value - b[i]!)), 0);

const hasTensorflow = await isInstalled('tensorflow');

describe.each<[Device, string, boolean]>([
  ['wasm', '', false],
  ['tensorflow', ' (needs `taxon engine install tensorflow`)', !hasTensorflow],
])('the eager step on %s%s', (device, _needs, absent) => {
  afterEach(async () => {
    for (const step of open.splice(0)) await step.dispose();
  });

  it.skipIf(absent)('learns as ONNX Runtime does: 20 losses within 1e-4, and the whole state', async () => {
    const native = await train('cpu');
    const eager = await train(device);
    expect(tf.getBackend()).toBe(device); // tracing the native program has not taken its place
    expect(largestDifference(eager.losses, native.losses)).toBeLessThan(1e-4);
    expect(largestDifference(eager.norms, native.norms)).toBeLessThan(1e-3);
    expect(native.losses.at(-1)! / native.losses[0]!).toBeLessThan(0.6); // it has moved
    const [expected, actual] = [numbersOf(native.state), numbersOf(eager.state)];
    for (const [name, data] of Object.entries(expected))
      // A tenth of one update. A key's bias moves no attention: its gradient is rounding alone, which Adam blows up.
      if (!name.endsWith('key.bias.value')) expect(largestDifference(actual[name]!, data), name).toBeLessThan(1e-3);
    expect(eager.state.step).toBe(20);
  });

  it.skipIf(absent)('keeps its state on the device until it is asked for it', async () => {
    const { state, step } = await stepOn(device);
    const before = structuredClone(numbersOf(state));
    await step.run(groups[1]!, 1e-2);
    expect(numbersOf(state)).toEqual(before);
    await step.sync();
    const after = numbersOf(state);
    expect(after['classifier.weight.value']).not.toEqual(before['classifier.weight.value']);
    const [word] = groups[1]![0]!.ids;
    const untouched = Array.from({ length: tinyEncoder.vocabulary }, (_, id) => id).filter(
      (id) => !groups[1]![0]!.ids.includes(id),
    );
    const row = (table: Float32Array, id: number): number[] => [...table.subarray(id * 16, (id + 1) * 16)];
    expect(row(after['words.values']!, word!)).not.toEqual(row(before['words.values']!, word!));
    expect(untouched.length).toBeGreaterThan(0);
    for (const id of untouched) expect(row(after['words.values']!, id)).toEqual(row(before['words.values']!, id));
  });

  it.skipIf(absent)('leaves no tensor behind', async () => {
    await openDevice(device, { threads: 1 });
    const start = tf.memory().numTensors;
    const { step } = await stepOn(device);
    await step.run(groups[0]!, 1e-2);
    const running = tf.memory().numTensors;
    for (const group of groups.slice(1, 5)) await step.run(group, 1e-2);
    await step.sync();
    expect(tf.memory().numTensors).toBe(running);
    await step.dispose();
    open.length = 0;
    expect(tf.memory().numTensors).toBe(start);
  });

  it.skipIf(absent)('is equal to the bit when it is run again', async () => {
    const [once, again] = [await train(device), await train(device)];
    expect(once.losses).toEqual(again.losses);
    expect(numbersOf(once.state)).toEqual(numbersOf(again.state));
  });

  it.skipIf(absent)('embeds texts as ONNX Runtime does', async () => {
    const state = createModelState(tinyWeights(), tinyEncoder, tinyHead);
    const native = await createForwardPass(state, tinyShape, session);
    const expected = await native.run(state, texts);
    await native.dispose();
    await openDevice(device, { threads: 1 });
    const start = tf.memory().numTensors;
    const actual = await createEagerForwardPass(state, tinyShape).run(state, texts);
    expect(largestDifference(actual.features, expected.features)).toBeLessThan(1e-5);
    expect(largestDifference(actual.logits, expected.logits)).toBeLessThan(1e-5);
    expect(tf.memory().numTensors).toBe(start);
  });
});
