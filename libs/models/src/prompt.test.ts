import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import { loadTokenizer, type Tokenizer } from '@taxon/text';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { features, inputEncoder, loadClassifier, loadModelFolder, logits, maskedLanguageLogits, maskedLanguageShapes, saveModelFolder, wordRows, type HeadConfig, type Prompt, type SavableModel } from './index.ts'; // prettier-ignore
import { card, largestDifference, oneTask, python, randomNumbers, randomWeights, runPython, temporaryFolder, tinyEncoder, vocabulary, writeEncoderFolder } from './testing.ts'; // prettier-ignore

const maskId = vocabulary.indexOf('[MASK]');
const words = [['lost'], ['rate', 'money sent'], ['unable']];
const head: HeadConfig = { kind: 'prompt', pooling: 'mask', normalize: false, classes: 3, layerNormEpsilon: 1e-12 };

let root: string;
let tokenizer: Tokenizer;
beforeAll(async () => {
  root = await temporaryFolder();
  await writeEncoderFolder(join(root, 'encoder'));
  tokenizer = await loadTokenizer(join(root, 'encoder'));
});
afterAll(() => rm(root, { recursive: true }));

const model = (maxLength: number, template = '{text} what is {mask}?', pairs = false) => ({
  folder: 'here',
  encoder: tinyEncoder,
  maxLength,
  pairs,
  prompt: { template, words, maskId } satisfies Prompt,
});
const read = (ids: Int32Array): string => tokenizer.decodeTokens(ids).join(' ');

describe('reading a text in its prompt', () => {
  it('cuts the text, never the prompt', () => {
    const encode = inputEncoder(tokenizer, model(9));
    expect(read(encode('my card').ids)).toBe('[CLS] my card what is [MASK] ? [SEP]');
    const long = encode('my card was lost');
    expect([read(long.ids), long.truncated]).toEqual(['[CLS] my card was what is [MASK] ? [SEP]', true]);
    expect(() => inputEncoder(tokenizer, model(6))).toThrow('takes 6 tokens; maxLength 6 leaves none');
  });

  it('has one mask, whatever the text says', () => {
    expect(read(inputEncoder(tokenizer, model(20))('my [MASK] card').ids)).toBe('[CLS] my card what is [MASK] ? [SEP]');
  });

  it('puts both texts of a pair where the template has them', () => {
    const encode = inputEncoder(tokenizer, model(10, '{pair} ? {mask} , {text}', true));
    const { ids, truncated } = encode({ text: 'my card', pair: 'what is the rate today' });
    expect([read(ids), truncated]).toEqual(['[CLS] what is the ? [MASK] , my card [SEP]', true]);
  });
});

it('answers with the decoder’s logits of the words, averaged', async () => {
  await tf.setBackend('cpu');
  const { hidden } = tinyEncoder;
  const numbers = (shape: number[], seed: number): Float32Array =>
    randomNumbers(
      shape.reduce((a, b) => a * b, 1),
      0.5,
      seed,
    );
  const p: Record<string, tf.Tensor> = {};
  Object.entries(maskedLanguageShapes(tinyEncoder)).forEach(
    ([name, shape], i) => (p[name] = tf.tensor(numbers(shape, i + 1), shape)),
  );
  const table = numbers([vocabulary.length, hidden], 9);
  const rows = wordRows(tokenizer, words, table, p['predictions.bias']!.dataSync() as Float32Array);
  p['classifier.weight'] = tf.tensor(rows.weight, [hidden, 3]);
  p['classifier.bias'] = tf.tensor(rows.bias);
  const states = tf.tensor(numbers([4, hidden], 10), [4, hidden]); // four tokens of one row
  const pool = tf.tensor([0, 0, 1, 0, 1, 0, 0, 0], [1, 2, 4]);
  const answers = (await logits(p, features(p, states, pool, head)).array()) as number[][];
  const decoded = (await maskedLanguageLogits(
    p,
    states,
    tf.tensor(table, [vocabulary.length, hidden]),
    tinyEncoder,
  ).array()) as number[][];
  const at = (token: number, word: string): number => decoded[token]![vocabulary.indexOf(word)]!;
  const expected = [2, 0].flatMap((token) => [
    at(token, 'lost'),
    (at(token, 'rate') + (at(token, 'money') + at(token, 'sent')) / 2) / 2,
    (at(token, 'un') + at(token, '##able')) / 2,
  ]);
  expect(largestDifference(answers.flat(), expected)).toBeLessThan(1e-4);
});

it('refuses words that the vocabulary does not know', () => {
  const table = new Float32Array(vocabulary.length * 4);
  expect(() => wordRows(tokenizer, [['☂']], table, new Float32Array(vocabulary.length))).toThrow("does not know '☂'");
});

const savable = (): SavableModel => ({
  encoder: tinyEncoder,
  head,
  weights: randomWeights(tinyEncoder, head),
  space: oneTask(['lost', 'rate', 'other']),
  maxLength: 20,
  prompt: model(20).prompt,
});

describe('a saved model', () => {
  it('loads with its prompt, and answers the same alone and among others', async () => {
    const folder = join(root, 'prompted');
    await saveModelFolder(folder, savable(), { tokenizerFrom: join(root, 'encoder'), card });
    const loaded = await loadModelFolder(folder);
    expect(loaded).toMatchObject({ head, prompt: savable().prompt });
    expect(loaded.weights).toEqual(savable().weights);
    const classifier = await loadClassifier(folder, { threads: 1 });
    const texts = ['my card was lost', '', 'please close my account. '.repeat(20), 'rate'];
    try {
      const together = await classifier.logits(texts);
      for (const [i, text] of texts.entries())
        expect(largestDifference(await classifier.logits([text]), together.slice(3 * i, 3 * i + 3))).toBeLessThan(1e-5);
      if (!python) return;
      const asked = texts.map((text) => [...inputEncoder(tokenizer, model(20))(text).ids]);
      const onnx = (await runPython(
        `folder, ids = args
import numpy as np, onnxruntime as ort
session = ort.InferenceSession(folder + '/onnx/model.onnx')
result = [session.run(['logits'], {'input_ids': np.array([i]), 'attention_mask': np.ones((1, len(i)), 'int64')})[0][0].tolist() for i in ids]`,
        folder,
        asked,
      )) as number[][];
      expect(largestDifference(together, onnx.flat())).toBeLessThan(1e-5);
    } finally {
      await classifier.dispose();
    }
  });

  it('has a prompt if its head reads one', async () => {
    const { prompt, ...without } = savable();
    const options = { tokenizerFrom: join(root, 'encoder'), card };
    expect(prompt).toBeDefined();
    await expect(saveModelFolder(join(root, 'x'), without, options)).rejects.toThrow('a prompt head needs a prompt');
  });
});
