import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import { createSession } from '@taxon/compute';
import { createRandom } from '@taxon/data';
import { freshMaskedLanguageHead, type EncoderConfig } from '@taxon/models';
import { expect, it } from 'vitest';
import { createForwardPass } from '../forward-pass.ts';
import { createModelState, embedTokens, weightsOf, type ModelState } from '../model-state.ts';
import { singleLabelTargets } from '../objective.ts';
import { gradientName, sumName } from '../programs.ts';
import { batchesOf, session, tinyEncoder, tinyHead, tinyShape, tinyStep, tinyTexts, tinyWeights } from '../testing.ts';
import { createTrainingStep } from '../training-step.ts';
import { maskedBatch, maskedEpoch, placesPerBatch } from './masked-batch.ts';
import { compileMaskedGradients, maskedShapes, placeLosses, type MaskedProgramOptions } from './program.ts';
import { trainMaskedLanguage, type MaskedLanguageOptions } from './train-masked-language.ts';
import type { MaskingVocabulary } from './vocabulary.ts';

const special = new Uint8Array(tinyEncoder.vocabulary);
special[0] = special[58] = special[59] = 1;
const vocabulary: MaskingVocabulary = {
  maskId: 58,
  special,
  continues: new Uint8Array(tinyEncoder.vocabulary),
  ordinary: Int32Array.from({ length: 57 }, (_, i) => i + 1),
};

const options: MaskedLanguageOptions = {
  ...tinyStep,
  recompute: false,
  exact: true,
  vocabulary,
  epochs: 1,
  learningRate: 3e-3,
  maskedShare: 0.15,
  batchesPerUpdate: 1,
  schedule: 'linear',
  warmup: 0.1,
  session,
};
const freshState = (): ModelState => createModelState(tinyWeights(), tinyEncoder, tinyHead);

const mean = (losses: readonly { loss: number }[]): number =>
  losses.reduce((sum, { loss }) => sum + loss, 0) / losses.length;

it('has the gradients of the same model on tfjs’s reference backend', async () => {
  const state = freshState();
  const share = 0.3;
  const [plans] = maskedEpoch(tinyTexts(8), 0, { seed: 1, shape: tinyShape }, 1);
  const batch = maskedBatch(plans![0]!, tinyTexts(8), 0, { vocabulary, share, seed: 1, shape: tinyShape });
  expect(batch.hidden).toBeGreaterThan(2);
  const program: MaskedProgramOptions = {
    encoder: tinyEncoder,
    shape: tinyShape,
    places: placesPerBatch(tinyShape, share),
    dropout: 0,
    recompute: false,
    int8: [],
  };
  const shapes = maskedShapes(tinyEncoder);
  const random = createRandom(5);
  const head = freshMaskedLanguageHead(tinyEncoder);
  for (const values of Object.values(head)) values.forEach((value, i) => (values[i] = value + 0.2 * (random() - 0.5)));
  const numbers: Record<string, Float32Array> = { ...weightsOf(state).parameters, ...head };
  const tokens = tinyShape.rows * tinyShape.length;
  const embeddings = new Float32Array(tokens * 16);
  embedTokens(state, batch, embeddings);
  const data = {
    embeddings: { shape: [tokens, 16], data: embeddings },
    segments: { shape: [tinyShape.rows, tinyShape.length], data: batch.segments },
    places: { shape: [program.places], data: batch.places },
    targets: { shape: [program.places], data: batch.targets },
    weights: { shape: [program.places], data: batch.weights },
    words: { shape: [tinyEncoder.vocabulary, 16], data: state.tables.words.values },
  };
  const parameters = Object.fromEntries(
    Object.entries(shapes).map(([name, shape]) => [name, { shape, data: numbers[name]! }]),
  );
  const sums = Object.fromEntries(
    Object.entries(shapes).map(([name, shape]) => [
      sumName(name),
      { shape, data: new Float32Array(numbers[name]!.length) },
    ]),
  );
  const traced = await createSession(compileMaskedGradients(program), session);
  const results = await traced.run({
    ...data,
    ...parameters,
    ...sums,
    count: { shape: [], data: Float32Array.of(batch.hidden) },
  });
  await traced.dispose();

  await tf.setBackend('cpu');
  const names = Object.keys(shapes);
  const tensor = ({ shape, data: values }: { shape: number[]; data: Float32Array | Int32Array }): tf.Tensor =>
    tf.tensor(values, shape, values instanceof Int32Array ? 'int32' : 'float32');
  const { grads } = tf.valueAndGrads((x: tf.Tensor, ...values: tf.Tensor[]) => {
    const p = Object.fromEntries(names.map((name, i) => [name, values[i]!]));
    const { segments, places, targets, weights, words } = data;
    const inputs = { segments, places, targets, weights, words };
    const tensors = Object.fromEntries(Object.entries(inputs).map(([name, value]) => [name, tensor(value)]));
    const losses = placeLosses(p, { embeddings: x, ...(tensors as Record<keyof typeof inputs, tf.Tensor>) }, program);
    return tf.div(tf.sum(losses), batch.hidden) as tf.Scalar;
  })([tensor(data.embeddings), ...names.map((name) => tensor(parameters[name]!))]);
  for (const [i, name] of ['embeddings', ...names].entries()) {
    const expected = grads[i]!.dataSync() as Float32Array;
    const found = results[gradientName(name)]!.data as Float32Array;
    const largest = expected.reduce((most, value) => Math.max(most, Math.abs(value)), 1e-3);
    const off = expected.reduce((most, value, at) => Math.max(most, Math.abs(value - found[at]!)), 0);
    expect(off / largest, name).toBeLessThan(1e-4);
  }
});

it('learns to find the hidden words, the same way every time, and leaves the classifier alone', async () => {
  const texts = tinyTexts(120);
  const run = async (how: Partial<MaskedLanguageOptions> = {}) => {
    const state = freshState();
    const result = await trainMaskedLanguage(state, texts, { ...options, epochs: 12.5, ...how });
    return { state, ...result };
  };
  const [first, second] = [await run(), await run()];
  expect(first.history[0]!.loss).toBeGreaterThan(3.5); // ln 57 = 4.04 where nothing is known
  expect(mean(first.history.slice(-6))).toBeLessThan(mean(first.history.slice(0, 6)) - 0.5);
  expect(first.history.at(-1)!.epoch).toBeCloseTo(12.5, 0);
  expect(second.history).toEqual(first.history);
  expect(weightsOf(second.state)).toEqual(weightsOf(first.state));
  const [classifier, fresh] = [first.state, freshState()].map((state) => weightsOf(state).parameters['classifier.weight']); // prettier-ignore
  expect(classifier).toEqual(fresh);
  expect(first.state.step).toBe(0);
  for (const { m, v } of Object.values(first.state.memory.tensors))
    expect([m, v].every((moments) => moments.every((value) => value === 0))).toBe(true);

  const summed = await run({ batchesPerUpdate: 3, epochs: 4 });
  expect(mean(summed.history.slice(-3))).toBeLessThan(summed.history[0]!.loss);
  const dropping = await run({ dropout: 0.1, epochs: 2 });
  expect(dropping.history.every(({ loss }) => Number.isFinite(loss))).toBe(true);
});

it('stops between two updates', async () => {
  const stop = new AbortController();
  let steps = 0;
  const onStep = (): void => {
    steps += 1;
    if (steps === 2) stop.abort(new Error('enough'));
  };
  const running = trainMaskedLanguage(freshState(), tinyTexts(120), { ...options, epochs: 9, signal: stop.signal, onStep }); // prettier-ignore
  await expect(running).rejects.toThrow('enough');
  expect(steps).toBe(2);
});

/** Texts of three topics that use only some of each topic's 19 words. */
const topicTexts = (count: number, from: number, to: number, seed: number) => {
  const random = createRandom(seed);
  const labels = Int32Array.from({ length: count }, (_, i) => i % 3);
  const word = (label: number): number => 1 + label * 19 + from + Math.floor(random() * (to - from));
  const ids = Array.from(labels, (label) => Int32Array.from({ length: 6 }, () => word(label)));
  return { ids, targets: singleLabelTargets(labels), labels, padId: 0 };
};

/** Trains on texts of few words, and scores on texts of other words. */
const accuracyAfter = async (state: ModelState): Promise<number> => {
  const known = topicTexts(24, 0, 6, 1);
  const step = await createTrainingStep(state, { ...tinyStep, accumulate: true }, session);
  for (let i = 0; i < 40; i++) await step.run(batchesOf(known, [...known.ids.keys()]), 2e-3);
  await step.dispose();
  const unseen = topicTexts(150, 6, 19, 2);
  const forward = await createForwardPass(state, tinyShape, session);
  const { logits } = await forward.run(state, unseen);
  await forward.dispose();
  const right = unseen.labels.reduce((sum, label, i) => {
    const row = logits.subarray(3 * i, 3 * i + 3);
    return sum + Number(row.indexOf(Math.max(...row)) === label);
  }, 0);
  return right / unseen.labels.length;
};

it('adapts: a classifier then knows words that none of its labelled texts has', async () => {
  const config: EncoderConfig = tinyEncoder;
  const plain = await accuracyAfter(createModelState(tinyWeights(), config, tinyHead));
  const adapted = createModelState(tinyWeights(), config, tinyHead);
  await trainMaskedLanguage(adapted, tinyTexts(300, 11), { ...options, epochs: 30, learningRate: 5e-3 });
  const better = await accuracyAfter(adapted);
  expect(plain).toBeLessThan(0.6);
  expect(better).toBeGreaterThan(plain + 0.25);
});
