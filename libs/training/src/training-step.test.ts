import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import { createSession } from '@taxon/compute';
import { encoder, features, logits, type HeadConfig, type Parameters } from '@taxon/models';
import { describe, expect, it } from 'vitest';
import { createModelState, embedTokens, type ModelState } from './model-state.ts';
import { compileGradients, gradientName } from './programs.ts';
import { batchesOf, session, tinyEncoder, tinyHead, tinyShape, tinyStep, tinyTexts, tinyWeights } from './testing.ts';
import { singleLabelObjective } from './objective.ts';
import { createTrainingStep, slotFeeds, type LabelledBatch, type StepOptions } from './training-step.ts';

const options: StepOptions = { ...tinyStep, accumulate: true };

/** First moments: linear in the gradient, where Adam's first step is its sign and would blow rounding up. */
const snapshot = ({ memory, tables }: ModelState): Record<string, Float32Array> => ({
  ...Object.fromEntries(Object.entries(memory.tensors).map(([name, { m }]) => [name, m])),
  ...Object.fromEntries(Object.entries(tables).map(([name, { m }]) => [name, m])),
});

const largestDifference = (a: Record<string, Float32Array>, b: Record<string, Float32Array>): number =>
  Math.max(
    ...Object.entries(a).map(([name, x]) =>
      x.reduce((most, value, i) => Math.max(most, Math.abs(value - b[name]![i]!)), 0),
    ),
  );

const afterSteps = async (groups: LabelledBatch[][], how: Partial<StepOptions> = {}, rate = 1e-2) => {
  const state = createModelState(tinyWeights(), tinyEncoder, tinyHead);
  const step = await createTrainingStep(state, { ...options, ...how }, session);
  const losses: number[] = [];
  for (const group of groups) losses.push((await step.run(group, rate)).loss);
  await step.dispose();
  return { state, losses };
};

describe('the training step', () => {
  it.each<HeadConfig>([
    tinyHead,
    { kind: 'dense', pooling: 'cls', normalize: false, classes: 3 },
    { kind: 'pooler', pooling: 'cls', normalize: false, classes: 3 },
  ])('has the gradients of the same model on tfjs’s reference backend: $kind, $pooling', async (head) => {
    const state = createModelState(tinyWeights(head), tinyEncoder, head);
    const [batch] = batchesOf(tinyTexts(8), [...Array(8).keys()], tinyShape, head.pooling) as [LabelledBatch];
    const tokens = tinyShape.rows * tinyShape.length;
    const slots = tinyShape.rows * tinyShape.slots;
    const embeddings = new Float32Array(tokens * tinyEncoder.hidden);
    embedTokens(state, batch, embeddings);
    const { targets, known } = slotFeeds(batch, slots, singleLabelObjective(3));
    const feeds = {
      ...state.parameters,
      embeddings: { shape: [tokens, tinyEncoder.hidden], data: embeddings },
      segments: { shape: [tinyShape.rows, tinyShape.length], data: batch.segments },
      pool: { shape: [tinyShape.rows, tinyShape.slots, tinyShape.length], data: batch.pool },
      targets,
      known,
      count: { shape: [], data: Float32Array.of(8) },
    };
    const program = await createSession(
      compileGradients({ encoder: tinyEncoder, head, shape: tinyShape, dropout: 0 }),
      session,
    );
    const actual = await program.run(feeds);
    await program.dispose();

    await tf.setBackend('cpu');
    const names = ['embeddings', ...Object.keys(state.shapes)];
    const tensorOf = (name: string): tf.Tensor => {
      const { shape, data } = feeds[name as keyof typeof feeds];
      return tf.tensor(data, [...shape], data instanceof Int32Array ? 'int32' : 'float32');
    };
    const loss = (...xs: tf.Tensor[]): tf.Scalar => {
      const p: Parameters = Object.fromEntries(names.map((name, i) => [name, xs[i]!]));
      const x = encoder(p, { embeddings: p.embeddings!, segments: tensorOf('segments') }, tinyEncoder);
      const scores = logits(p, features(p, x, tensorOf('pool'), head));
      return tf.div(tf.neg(tf.sum(tf.mul(tf.logSoftmax(scores), tensorOf('targets')))), 8);
    };
    const { value, grads } = tf.valueAndGrads(loss)(names.map(tensorOf));
    const mean = [...actual.losses!.data].reduce((sum, x) => sum + x, 0) / 8;
    expect(mean).toBeCloseTo(value.dataSync()[0]!, 5);
    names.forEach((name, i) => {
      const expected = grads[i]!.dataSync();
      const scale = Math.max(1e-3, ...expected.map(Math.abs));
      actual[gradientName(name)]!.data.forEach((gradient, k) =>
        expect(Math.abs(gradient - expected[k]!) / scale, `${name}[${k}]`).toBeLessThan(1e-4),
      );
    });
  });

  it('has the same gradients when every layer is computed again for them', async () => {
    const groups = Array.from({ length: 3 }, () => batchesOf(tinyTexts(6), [0, 1, 2, 3, 4, 5]));
    for (const dropout of [0, 0.2]) {
      const kept = await afterSteps(groups, { dropout });
      const again = await afterSteps(groups, { dropout, recompute: true });
      expect(again.losses).toEqual(kept.losses);
      expect(largestDifference(snapshot(again.state), snapshot(kept.state))).toBe(0);
    }
    const nodes = (recompute: boolean): number =>
      compileGradients({ encoder: tinyEncoder, head: tinyHead, shape: tinyShape, dropout: 0.2, recompute }).graph.nodes
        .length;
    expect(nodes(true)).toBeGreaterThan(1.2 * nodes(false));
  });

  it('can compute in fp32 from a state that has int8 forms, to the bit', async () => {
    const groups = [batchesOf(tinyTexts(6), [0, 1, 2, 3, 4, 5])];
    const plain = await afterSteps(groups);
    const state = createModelState(tinyWeights(), tinyEncoder, tinyHead, { precision: 'int8' });
    const step = await createTrainingStep(state, { ...options, exact: true }, session);
    const { loss } = await step.run(groups[0]!, 1e-2);
    await step.dispose();
    expect(loss).toBe(plain.losses[0]);
    expect(largestDifference(snapshot(state), snapshot(plain.state))).toBe(0);
  });

  it('learns', async () => {
    const texts = tinyTexts(60);
    const batches = batchesOf(texts, [...texts.ids.keys()]);
    const { losses } = await afterSteps(Array.from({ length: 40 }, (_, i) => [batches[i % batches.length]!]));
    expect(losses[0]).toBeGreaterThan(0.9); // three classes at random: ln 3 = 1.1
    expect(Math.max(...losses.slice(-4))).toBeLessThan(0.3);
  });

  it('computes the same for texts that share rows and texts that stand alone', async () => {
    const texts = tinyTexts(4);
    const alone = await afterSteps([batchesOf(texts, [0, 1, 2, 3], { rows: 4, length: 16, slots: 1 })], {
      shape: { rows: 4, length: 16, slots: 1 },
    });
    const packed = await afterSteps([batchesOf(texts, [0, 1, 2, 3], { rows: 3, length: 32, slots: 4 })], {
      shape: { rows: 3, length: 32, slots: 4 },
    });
    expect(alone.losses[0]).toBeCloseTo(packed.losses[0]!, 5);
    expect(largestDifference(snapshot(alone.state), snapshot(packed.state))).toBeLessThan(1e-6);
  });

  it('sums the gradients of several batches into the update of one large batch', async () => {
    const texts = tinyTexts(12);
    const large = { rows: 12, length: 16, slots: 4 };
    const one = await afterSteps([batchesOf(texts, [...texts.ids.keys()], large)], { shape: large });
    const small = { rows: 2, length: 16, slots: 2 };
    const several = batchesOf(texts, [...texts.ids.keys()], small);
    expect(several.length).toBeGreaterThan(2);
    const summed = await afterSteps([several], { shape: small });
    expect(summed.losses[0]).toBeCloseTo(one.losses[0]!, 5);
    expect(largestDifference(snapshot(summed.state), snapshot(one.state))).toBeLessThan(1e-6);
  });

  it('leaves the rows of words that do not occur as they are', async () => {
    const texts = tinyTexts(6);
    const { state } = await afterSteps([batchesOf(texts, [0, 1, 2, 3, 4, 5])]);
    const before = tinyWeights().words;
    const used = new Set(texts.ids.flatMap((ids) => [...ids]));
    for (let word = 0; word < tinyEncoder.vocabulary; word++) {
      const row = (table: Float32Array) => [...table.subarray(word * 16, (word + 1) * 16)];
      if (used.has(word)) expect(row(state.tables.words.values)).not.toEqual(row(before));
      else expect(row(state.tables.words.values)).toEqual(row(before));
    }
  });

  it('clips: a tenth of the norm moves Adam’s second moment by a hundredth', async () => {
    const group = batchesOf(tinyTexts(6), [0, 1, 2, 3, 4, 5]);
    const state = createModelState(tinyWeights(), tinyEncoder, tinyHead);
    const step = await createTrainingStep(state, { ...options, clipNorm: 0 }, session);
    const { gradientNorm } = await step.run(group, 0);
    await step.dispose();
    const clipped = await afterSteps([group], { clipNorm: gradientNorm / 10 }, 0);
    const [free, held] = [state, clipped.state].map(({ memory }) => memory.tensors['classifier.bias']!.v[0]!);
    expect(held! / free!).toBeCloseTo(0.01, 4);
  });

  it('draws dropout from seed and step alone', async () => {
    const group = batchesOf(tinyTexts(6), [0, 1, 2, 3, 4, 5]);
    const run = async (seed: number) => (await afterSteps([group, group], { dropout: 0.3, seed })).losses;
    expect(await run(3)).toEqual(await run(3));
    expect(await run(3)).not.toEqual(await run(4));
    expect(await run(3)).not.toEqual((await afterSteps([group, group])).losses);
  });
});
