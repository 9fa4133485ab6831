import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { readDataset } from '@taxon/data';
import {
  headShapes,
  loadModelFolder,
  openSafetensors,
  resolveEncoder,
  writeSafetensors,
  type HeadConfig,
  type ModelFolder,
  type Weights,
} from '@taxon/models';
import { encoderTensors, parameterTensors, python, randomNumbers } from '@taxon/models/testing';
import { loadTokenizer, type PackShape } from '@taxon/text';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { LabelledTexts } from './fit.ts';
import { createForwardPass } from './forward-pass.ts';
import { singleLabelTargets } from './objective.ts';
import { createModelState, weightsOf, type ModelState } from './model-state.ts';
import { batchesOf } from './testing.ts';
import { createTrainingStep } from './training-step.ts';

const workspace = fileURLToPath(new URL('../../..', import.meta.url));
const session = { threads: 2 };
const adamw = { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0.01 };
/** A high rate: what AdamW does must not vanish beside the values that it changes. */
const update = { ...adamw, learningRate: 1e-3, layerDecay: 0.9, clipNorm: 1 };

const tolerance = 1e-4;

/** The same texts, laid out in three ways. */
const layouts: Record<string, PackShape> = {
  'packed into shared rows': { rows: 16, length: 64, slots: 8 },
  'one text a row, padded': { rows: 48, length: 64, slots: 1 },
  'packed, in several native calls': { rows: 5, length: 64, slots: 8 },
};

const encoderFolder =
  python === undefined ? undefined : await resolveEncoder('all-MiniLM-L6-v2').catch(() => undefined);

type Tensors = Map<string, Float32Array>;

const largest = (values: Float32Array): number => values.reduce((most, x) => Math.max(most, Math.abs(x)), 0);

/** Largest difference over the largest magnitude of PyTorch's tensor. */
const relativeError = (actual: Float32Array, expected: Float32Array, scale = largest(expected)): number => {
  expect(actual.length).toBe(expected.length);
  return actual.reduce((most, x, i) => Math.max(most, Math.abs(x - expected[i]!)), 0) / scale;
};

/** Norm of the difference over the norm of PyTorch's tensor: a few entries whose gradient is rounding do not hide the rest. */
const normError = (actual: Float32Array, expected: Float32Array): number => {
  const norm = (values: Float32Array): number => Math.sqrt(values.reduce((sum, x) => sum + x * x, 0));
  return norm(actual.map((x, i) => x - expected[i]!)) / norm(expected);
};

const isKeyBias = (name: string): boolean => name.endsWith('self.key.bias');

const headWeights = (head: HeadConfig, source: ModelFolder): Record<string, Float32Array> =>
  Object.fromEntries(
    Object.entries(headShapes(head, source.encoder)).map(([name, shape], i) => {
      const size = shape.reduce((a, b) => a * b, 1);
      return [name, randomNumbers(size, name === 'classifier.weight' ? 1 : 0.05, i + 1)];
    }),
  );

/** Under Hugging Face's names and in its layout. */
const byHuggingFace = (weights: Weights, { encoder, head }: ModelState): Tensors =>
  new Map(
    [...encoderTensors(weights, encoder), ...parameterTensors(weights.parameters, headShapes(head, encoder))].map(
      ([name, { data }]) => [name, data],
    ),
  );

/** After a first update from moments of zero, m is (1 − β₁) · gradient: what the step added up for the rows of a table. */
const gradientsOf = ({ tables, memory }: ModelState): Weights => {
  const table = ({ m }: { m: Float32Array }) => m.map((value) => value / (1 - adamw.beta1));
  return {
    words: table(tables.words),
    positions: table(tables.positions),
    types: table(tables.types),
    parameters: Object.fromEntries(Object.entries(memory.tensors).map(([name, { gradient }]) => [name, gradient])),
  };
};

interface Problem {
  source: ModelFolder;
  texts: LabelledTexts;
  head: HeadConfig;
  weights: Weights;
}

const makeProblem = async (shared: Omit<HeadConfig, 'classes'>): Promise<Problem> => {
  const source = await loadModelFolder(encoderFolder!);
  const tokenizer = await loadTokenizer(encoderFolder!);
  const { examples } = await readDataset(join(workspace, 'samples/support-intents.csv'));
  const classes = [...new Set(examples.map(({ labels }) => labels[0]![0]!))];
  // 48 texts from the shortest to the longest.
  const chosen = [...examples].sort((a, b) => a.text.length - b.text.length).filter((_, i) => i % 26 === 25);
  const ids = chosen.map(({ text }) => tokenizer.encode(text, { maxLength: 64 }));
  const targets = singleLabelTargets(chosen.map(({ labels }) => classes.indexOf(labels[0]![0]!)));
  const head = { ...shared, classes: classes.length };
  const parameters = { ...source.weights.parameters, ...headWeights(head, source) };
  return { source, texts: { ids, targets, padId: 0 }, head, weights: { ...source.weights, parameters } };
};

const askPyTorch = async ({ source, texts, head, weights }: Problem, folder: string): Promise<Tensors> => {
  const [headFile, request, answer] = ['head.safetensors', 'request.json', 'answer.safetensors'].map((name) =>
    join(folder, name),
  ) as [string, string, string];
  await writeSafetensors(headFile, parameterTensors(weights.parameters, headShapes(head, source.encoder)));
  const [ids, labels] = [texts.ids.map((text) => [...text]), texts.targets.map(({ outputs }) => outputs[0]!)];
  const question = { encoder: encoderFolder, head: headFile, kind: head.kind, ids, labels, update, answer };
  await writeFile(request, JSON.stringify(question));
  const script = join(workspace, 'libs/training/fixtures/gradients.py');
  await promisify(execFile)(python!, [script, request], { env: { ...process.env, HF_HUB_OFFLINE: '1' } });
  const file = await openSafetensors(answer);
  try {
    return new Map(await Promise.all(file.names.map(async (name) => [name, (await file.read(name)).data] as const)));
  } finally {
    await file.close();
  }
};

/** One public training step over all texts. */
const takeStep = async ({ source, texts, head, weights }: Problem, shape: PackShape, how: Partial<typeof update>) => {
  const { learningRate, layerDecay, clipNorm } = { ...update, ...how };
  const state = createModelState(weights, source.encoder, head);
  const options = { shape, adamw, layerDecay, clipNorm, dropout: 0, seed: 0, accumulate: true };
  const step = await createTrainingStep(state, options, session);
  const batches = batchesOf(texts, [...texts.ids.keys()], shape, head.pooling);
  const result = await step.run(batches, learningRate);
  await step.dispose();
  return { state, result };
};

const needs = 'needs the Python of the peers, and the encoder all-MiniLM-L6-v2';

describe.skipIf(encoderFolder === undefined).each<Omit<HeadConfig, 'classes'>>([
  { kind: 'dense', pooling: 'mean', normalize: true },
  { kind: 'pooler', pooling: 'cls', normalize: false },
])(`one step of MiniLM-L6 against PyTorch, $kind head (${needs})`, (shared) => {
  let folder: string;
  let problem: Problem;
  let expected: Tensors;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'taxon-pytorch-'));
    problem = await makeProblem(shared);
    expected = await askPyTorch(problem, folder);
  });
  afterAll(() => rm(folder, { recursive: true }));

  it.each(Object.keys(layouts))('loss, logits and every gradient: %s', async (layout) => {
    const shape = layouts[layout]!;
    const { state, result } = await takeStep(problem, shape, { learningRate: 0, clipNorm: 0 });
    const forward = await createForwardPass(state, shape, session);
    const { logits } = await forward.run(state, problem.texts);
    await forward.dispose();
    expect(relativeError(Float32Array.of(result.loss), expected.get('loss')!)).toBeLessThan(tolerance);
    expect(relativeError(logits, expected.get('logits')!)).toBeLessThan(tolerance);
    expect(relativeError(Float32Array.of(result.gradientNorm), expected.get('norm')!)).toBeLessThan(tolerance);
    const actual = byHuggingFace(gradientsOf(state), state);
    expect(actual.size).toBe([...expected.keys()].filter((name) => name.startsWith('gradient.')).length);
    const errors = [...actual].map(([name, gradient]) => {
      const theirs = expected.get(`gradient.${name}`)!;
      // A key's bias adds the same to all scores of a query, which softmax takes out again: its gradient is 0, and what
      // either side has there is rounding. The gradient of the query's bias in the same layer says how small that is.
      const scale = isKeyBias(name) ? expected.get(`gradient.${name.replace('key', 'query')}`)! : theirs;
      return { name, error: relativeError(gradient, theirs, largest(scale)) };
    });
    expect(errors.filter(({ error }) => !(error < tolerance))).toEqual([]);
  });

  it('every parameter after clipping and AdamW with layer-wise rates', async () => {
    const { state } = await takeStep(problem, layouts['packed into shared rows']!, {});
    expect(expected.get('norm')![0]).toBeGreaterThan(update.clipNorm); // or nothing would be clipped
    const { hidden } = state.encoder;
    const words = new Set(problem.texts.ids.flatMap((ids) => [...ids]));
    const longest = Math.max(...problem.texts.ids.map(({ length }) => length));
    // Ours updates the rows of the batch alone; PyTorch lets weight decay pull at all others, too.
    const inBatch: Record<string, (row: number) => boolean> = {
      'embeddings.word_embeddings.weight': (row) => words.has(row),
      'embeddings.position_embeddings.weight': (row) => row < longest,
      'embeddings.token_type_embeddings.weight': (row) => row === 0,
    };
    const errors = [...byHuggingFace(weightsOf(state), state)].map(([name, value]) => {
      const touched = (values: Float32Array): Float32Array =>
        inBatch[name] === undefined ? values : values.filter((_, i) => inBatch[name]!(Math.floor(i / hidden)));
      return { name, error: normError(touched(value), touched(expected.get(`value.${name}`)!)) };
    });
    // Adam's first step is the sign of the gradient: where that is rounding, the step is as long and means nothing.
    expect(errors.filter(({ name, error }) => !isKeyBias(name) && !(error < 1e-5))).toEqual([]);
  });
});
