import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { compile, createSession, type FeedTensor } from '@taxon/compute';
import * as tf from '@tensorflow/tfjs-core';
import { loadTokenizer } from '@taxon/text';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { encoder, encoderShapes, loadModelFolder, maskedLanguageLogits, maskedLanguageShapes, readMaskedLanguageHead, freshMaskedLanguageHead } from './index.ts'; // prettier-ignore
import { largestDifference, python, runPython, temporaryFolder, tinyEncoder, writeEncoderFolder } from './testing.ts';

let root: string;
beforeAll(async () => {
  root = await temporaryFolder();
  await writeEncoderFolder(join(root, 'encoder'));
});
afterAll(() => rm(root, { recursive: true }));

const feed = (data: Float32Array | Int32Array, shape: number[]): FeedTensor => ({ data, shape });

it('a folder without the head has none', async () => {
  expect(await readMaskedLanguageHead(join(root, 'encoder'), tinyEncoder)).toBeUndefined();
  const shapes = maskedLanguageShapes(tinyEncoder);
  for (const [name, values] of Object.entries(freshMaskedLanguageHead(tinyEncoder)))
    expect(values).toHaveLength(shapes[name]!.reduce((a, b) => a * b, 1));
});

it.skipIf(!python)('gives the logits of BertForMaskedLM (needs Python with transformers)', async () => {
  const folder = join(root, 'masked');
  const text = 'my [MASK] was lost, please [MASK]';
  const expected = (await runPython(
    `encoder, folder, text = args
import torch
from transformers import AutoTokenizer, BertConfig, BertForMaskedLM
torch.manual_seed(7)
tokenizer = AutoTokenizer.from_pretrained(encoder)
model = BertForMaskedLM(BertConfig(vocab_size=len(tokenizer), hidden_size=32, num_hidden_layers=2, num_attention_heads=4,
  intermediate_size=64, max_position_embeddings=48, initializer_range=0.3)).eval()
torch.nn.init.normal_(model.cls.predictions.bias)
torch.nn.init.normal_(model.cls.predictions.transform.LayerNorm.weight)
model.save_pretrained(folder); tokenizer.save_pretrained(folder)
result = model(**tokenizer(text, return_tensors='pt')).logits[0].tolist()`,
    join(root, 'encoder'),
    folder,
    text,
  )) as number[][];
  const { weights, encoder: config } = await loadModelFolder(folder);
  const head = await readMaskedLanguageHead(folder, config);
  const { ids } = await loadTokenizer(folder).then((tokenizer) => ({ ids: tokenizer.encode(text) }));
  const [length, { hidden, vocabulary, types, positions }] = [ids.length, config];
  const shapes = { ...encoderShapes(config), ...maskedLanguageShapes(config) };
  const tables = { words: [vocabulary, hidden], positions: [positions, hidden], types: [types, hidden] };
  const program = compile(
    (inputs) => {
      const at = (table: string, rows: tf.Tensor): tf.Tensor => tf.gather(inputs[table]!, rows as tf.Tensor1D);
      const ordinals = tf.tensor1d([...ids.keys()], 'int32');
      const sum = tf.add(at('words', inputs.ids!), at('positions', ordinals));
      const embeddings = tf.add(sum, tf.slice(inputs.types!, [0, 0], [1, hidden]));
      const states = encoder(inputs, { embeddings, segments: inputs.segments! }, config);
      return { logits: maskedLanguageLogits(inputs, states, inputs.words!, config) };
    },
    {
      ids: { shape: [length], dtype: 'int32' },
      segments: { shape: [1, length], dtype: 'int32' },
      ...Object.fromEntries(Object.entries({ ...shapes, ...tables }).map(([name, shape]) => [name, { shape }])),
    },
  );
  const session = await createSession(program, { threads: 1 });
  const numbers: Record<string, Float32Array> = { ...weights.parameters, ...head };
  const { logits } = await session.run({
    ids: feed(ids, [length]),
    segments: feed(new Int32Array(length), [1, length]),
    ...Object.fromEntries(Object.entries(shapes).map(([name, shape]) => [name, feed(numbers[name]!, shape)])),
    words: feed(weights.words, tables.words),
    positions: feed(weights.positions, tables.positions),
    types: feed(weights.types, tables.types),
  });
  await session.dispose();
  expect(largestDifference(logits!.data as Float32Array, expected.flat())).toBeLessThan(1e-4);
});
