import { useTensorflowBackend, useWasmBackend } from '@taxon/compute';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { createEagerStep } from './eager-step.ts';
import { createModelState, type ModelState } from './model-state.ts';
import { batchesOf, session, tinyEncoder, tinyHead, tinyShape, tinyTexts, tinyWeights } from './testing.ts';
import { createTrainingStep, type LabelledBatch, type StepOptions, type TrainingStep } from './training-step.ts';

const options: StepOptions = {
  shape: tinyShape,
  adamw: { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0.01 },
  layerDecay: 0.9,
  clipNorm: 1,
  dropout: 0.1,
  seed: 3,
};

const texts = tinyTexts(60);
const all = batchesOf(texts, [...texts.ids.keys()]);
/** Twenty updates, every third of them from two batches. */
const groups: LabelledBatch[][] = Array.from({ length: 20 }, (_, i) =>
  Array.from({ length: i % 3 === 0 ? 2 : 1 }, (_batch, k) => all[(2 * i + k) % all.length]!),
);

const freshState = (): ModelState => createModelState(tinyWeights(), tinyEncoder, tinyHead, { accumulate: true });

const losses = async (step: TrainingStep): Promise<number[]> => {
  const all: number[] = [];
  for (const group of groups) all.push((await step.run(group, 1e-2)).loss);
  return all;
};

describe('eager step', () => {
  beforeAll(async () => {
    await useWasmBackend();
  });
  it('wasm parity', async () => {
    const a = freshState();
    const native = await createTrainingStep(a, options, session);
    const expected = await losses(native);
    const b = freshState();
    const eager = createEagerStep(b, options);
    const actual = await losses(eager);
    console.log(actual.map((x, i) => x - expected[i]!));
    expect(tf.getBackend()).toBe('wasm');
    await useTensorflowBackend({ folder: '/tmp/tfx/npm', package: '@tensorflow/tfjs-node', threads: 1 });
    const c = freshState();
    const eager2 = createEagerStep(c, options);
    console.log(
      (await losses(eager2)).map((x, i) => x - expected[i]!),
      tf.getBackend(),
    );
  });
});
