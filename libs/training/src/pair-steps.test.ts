import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { createEagerStep } from './eager-step.ts';
import { createLoopStep } from './loop-step.ts';
import { createModelState, type ModelState } from './model-state.ts';
import { batchesOf, session, tinyEncoder, tinyHead, tinyStep, tinyTexts, tinyWeights } from './testing.ts';
import { createTrainingStep, type TrainingStep } from './training-step.ts';

// Token types, on every kind of step.

const texts = tinyTexts(12);
/** The second half of every other text is a second text. */
const types = texts.ids.map((ids, i) => (i % 2 === 0 ? ids.map((_, at) => Number(at >= ids.length / 2)) : undefined));
const pairs = { ...texts, types: types.map((own) => own && Uint8Array.from(own)) };
const batches = batchesOf(pairs, [...texts.ids.keys()]);

const after = async (make: (state: ModelState) => Promise<TrainingStep>, given = batches): Promise<ModelState> => {
  const state = createModelState(tinyWeights(), tinyEncoder, tinyHead);
  const step = await make(state);
  for (const batch of given) await step.run([batch], 1e-3);
  await step.sync();
  await step.dispose();
  return state;
};
const onHost = (state: ModelState): Promise<TrainingStep> => createTrainingStep(state, tinyStep, session);
const row = ({ tables }: ModelState, type: number): number[] => [
  ...tables.types.values.subarray(16 * type, 16 * (type + 1)),
];

describe('types of tokens', () => {
  beforeAll(() => tf.setBackend('cpu'));

  it('choose the row that is read, and that learns', async () => {
    const fresh = createModelState(tinyWeights(), tinyEncoder, tinyHead);
    const single = await after(onHost, batchesOf(texts, [...texts.ids.keys()]));
    expect(row(single, 1)).toEqual(row(fresh, 1));
    const paired = await after(onHost);
    for (const type of [0, 1]) expect(row(paired, type)).not.toEqual(row(fresh, type));
    expect(paired.tables.words.values).not.toEqual(single.tables.words.values);
  });

  it.each([
    ['one program', (state: ModelState) => createLoopStep(state, { ...tinyStep, updatesPerCall: 1 }, session)],
    ['the tfjs backend', (state: ModelState) => Promise.resolve(createEagerStep(state, tinyStep))],
  ])('mean the same to the step on %s', async (_, make) => {
    const [host, other] = [await after(onHost), await after(make)];
    for (const name of ['words', 'positions', 'types'] as const) {
      const [a, b] = [host.tables[name].m, other.tables[name].m];
      const largest = a.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
      const off = a.reduce((most, value, i) => Math.max(most, Math.abs(value - b[i]!)), 0);
      expect(off / largest, name).toBeLessThan(1e-3);
    }
  });
});
