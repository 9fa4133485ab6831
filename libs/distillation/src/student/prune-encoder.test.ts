import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { loadClassifier, loadModelFolder, saveModelFolder, type SavableModel } from '@taxon/models';
import {
  card,
  largestDifference,
  python,
  runPython,
  sampleTexts,
  temporaryFolder,
  tinyEncoder,
  tinyModel,
  writeEncoderFolder,
} from '@taxon/models/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { denseHead, topicNames, topics } from '../testing.ts';
import { activationImportance, taylorImportance } from './importance.ts';
import { keepHeads, keepLayers, keepUnits } from './prune-encoder.ts';

let root: string;
beforeAll(async () => {
  root = await temporaryFolder();
  await writeEncoderFolder(join(root, 'encoder'));
});
afterAll(() => rm(root, { recursive: true }));

const save = async (name: string, model: SavableModel): Promise<string> => {
  const folder = join(root, name);
  await saveModelFolder(folder, model, { tokenizerFrom: join(root, 'encoder'), card });
  return folder;
};

const logitsOf = async (folder: string): Promise<Float32Array> => {
  const classifier = await loadClassifier(folder, { threads: 1 });
  try {
    return await classifier.logits(sampleTexts);
  } finally {
    await classifier.dispose();
  }
};

const size = tinyEncoder.hidden / tinyEncoder.heads;

/** Heads 1 and 2 of layer 0, head 3 and 0 of layer 1, and every third unit, add nothing: their rows behind are 0. */
const idleHeads = [[1, 2], [0, 3]] as const; // prettier-ignore
const isIdle = (unit: number): boolean => unit % 3 === 0;
const withIdleParts = (): SavableModel => {
  const model = tinyModel(denseHead);
  const { parameters } = model.weights;
  for (let layer = 0; layer < tinyEncoder.layers; layer++) {
    const [output, down] = [parameters[`layer.${layer}.output.weight`]!, parameters[`layer.${layer}.down.weight`]!];
    for (const head of idleHeads[layer]!)
      output.fill(0, head * size * tinyEncoder.hidden, (head + 1) * size * tinyEncoder.hidden);
    for (let unit = 0; unit < tinyEncoder.intermediate; unit++)
      if (isIdle(unit)) down.fill(0, unit * tinyEncoder.hidden, (unit + 1) * tinyEncoder.hidden);
  }
  return model;
};

const kept = Array.from({ length: tinyEncoder.intermediate }, (_, unit) => unit).filter((unit) => !isIdle(unit));
const examples = Array.from({ length: 60 }, (_, i) => {
  const topic = topicNames[i % 3]!;
  return { text: topics[topic].slice(i % 2).join(' '), labels: [['lost', 'rate', 'other'].slice(i % 3, (i % 3) + 1)], line: i };
}); // prettier-ignore
const how = { session: { threads: 1 }, signal: new AbortController().signal, onProgress: () => undefined };

describe('pruning', () => {
  it.each([
    ['taylor', taylorImportance],
    ['activation', activationImportance],
  ] as const)('by %s importance finds what adds nothing, and leaves the logits as they are', async (name, measure) => {
    const model = withIdleParts();
    const folder = await save(`idle-${name}`, model);
    const source = await loadModelFolder(folder);
    const importance = await measure({ ...source, head: source.head! }, examples, how);
    idleHeads.forEach((heads, layer) => {
      for (const head of heads) expect(importance.heads[layer]![head]).toBe(0);
    });
    const fewer = keepHeads(source, importance.heads, 2);
    expect(fewer.encoder.keptHeads).toEqual([[0, 3], [1, 2]]); // prettier-ignore
    const narrow = keepUnits(fewer, importance.units, kept.length);
    expect(narrow.encoder.intermediate).toBe(kept.length);
    const pruned = await save(`pruned-${name}`, { ...model, ...narrow });
    expect(largestDifference(await logitsOf(pruned), await logitsOf(folder))).toBeLessThan(1e-5);
  });

  it('of heads that matter changes the logits, and can be repeated', async () => {
    const model = tinyModel(denseHead);
    const first = await save('whole', model);
    const order = [Float32Array.of(4, 3, 2, 1), Float32Array.of(1, 2, 3, 4)];
    const three = keepHeads(model, order, 3);
    expect(three.encoder.keptHeads).toEqual([[0, 1, 2], [1, 2, 3]]); // prettier-ignore
    // Places among the three that are left.
    const two = keepHeads(three, [Float32Array.of(1, 3, 2), Float32Array.of(1, 3, 2)], 2);
    expect(two.encoder.keptHeads).toEqual([[1, 2], [2, 3]]); // prettier-ignore
    const pruned = await save('two', { ...model, ...two });
    expect(largestDifference(await logitsOf(pruned), await logitsOf(first))).toBeGreaterThan(1e-3);
    const { weights, encoder } = await loadModelFolder(pruned);
    expect(encoder.keptHeads).toEqual(two.encoder.keptHeads);
    expect(weights.parameters).toEqual({ ...two.weights.parameters, ...headOf(model) });
  });

  it('of layers keeps those that are listed, under new numbers', () => {
    const { encoder, weights } = keepLayers(tinyModel(denseHead), [1]);
    expect(encoder.layers).toBe(1);
    const model = tinyModel(denseHead);
    expect(weights.parameters['layer.0.up.weight']).toEqual(model.weights.parameters['layer.1.up.weight']);
    expect(Object.keys(weights.parameters).some((name) => name.startsWith('layer.1.'))).toBe(false);
  });

  it.skipIf(python === undefined)(
    'is nothing that transformers would notice: pruned heads are zeros (needs Python)',
    async () => {
      const model = tinyModel(denseHead);
      const two = keepHeads(model, [Float32Array.of(4, 3, 2, 1), Float32Array.of(1, 2, 3, 4)], 2);
      const folder = await save('for-python', { ...model, ...two });
      const script = `
from sentence_transformers import SentenceTransformer
result = SentenceTransformer(args[0], device='cpu').encode(args[1], convert_to_numpy=True).tolist()`;
      const logits = (await runPython(script, folder, sampleTexts)) as number[][];
      expect(largestDifference(logits.flat(), await logitsOf(folder))).toBeLessThan(1e-4);
    },
  );
});

const headOf = ({ weights }: SavableModel) =>
  Object.fromEntries(Object.entries(weights.parameters).filter(([name]) => name.startsWith('classifier')));
