import { readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { hasExactInt8 } from '@taxon/compute';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  loadClassifier,
  loadModelFolder,
  quantizeWeights,
  saveModelFolder,
  type CompressedNumbers,
  type HeadConfig,
  type SavableModel,
} from './index.ts';
import {
  card,
  largestDifference,
  python,
  randomWeights,
  runPython,
  sampleTexts,
  temporaryFolder,
  tinyModel,
  writeEncoderFolder,
} from './testing.ts';

// Workers run from bundles: `node tools/build/workers.mjs models`.

const heads: Record<string, Omit<HeadConfig, 'classes'>> = {
  dense: { kind: 'dense', pooling: 'mean', normalize: true },
  pooler: { kind: 'pooler', pooling: 'cls', normalize: false },
};

let root: string;
const folderOf = (...parts: string[]): string => join(root, parts.join('-'));

const ranges = Object.fromEntries(
  ['0', '1'].flatMap((layer) =>
    ['qkv', 'output', 'up', 'down'].map((part) => [`layer.${layer}.${part}`, { scale: 8 / 255, zero: 128 }]),
  ),
);

const formsOf = ({ weights, encoder }: SavableModel): Record<string, CompressedNumbers | undefined> => ({
  float32: undefined,
  float16: { precision: 'float16' },
  int8: { precision: 'int8', weights: quantizeWeights(weights, encoder) },
  static: { precision: 'int8', weights: quantizeWeights(weights, encoder, { ranges }) },
  mixed: {
    precision: 'int8',
    weights: quantizeWeights(weights, encoder, { keepFloat: new Set(['layer.0.qkv', 'words']) }),
  },
});

beforeAll(async () => {
  root = await temporaryFolder();
  await writeEncoderFolder(join(root, 'encoder'));
  for (const [name, head] of Object.entries(heads)) {
    const model = tinyModel(head);
    for (const [form, compressed] of Object.entries(formsOf(model)))
      await saveModelFolder(folderOf(name, form), model, {
        tokenizerFrom: join(root, 'encoder'),
        card,
        ...(compressed && { compressed }),
      });
  }
});
afterAll(() => rm(root, { recursive: true }));

const withClassifier = async <Result>(
  folder: string,
  use: (logits: (texts: readonly string[]) => Promise<Float32Array>) => Promise<Result>,
): Promise<Result> => {
  const classifier = await loadClassifier(folder, { threads: 1 });
  try {
    return await use((texts) => classifier.logits(texts));
  } finally {
    await classifier.dispose();
  }
};

const logitsOf = (folder: string, texts: readonly string[] = sampleTexts): Promise<Float32Array> =>
  withClassifier(folder, (logits) => logits(texts));

/** Texts of 2 to 24 tokens, each length many times. */
const manyTexts = Array.from({ length: 200 }, (_, i) =>
  'my card was lost today please help '.repeat(1 + (i % 4)).slice(i % 37),
);

describe.each(Object.keys(heads))('a compressed %s model', (head) => {
  it.each([
    ['float16', 5e-3],
    ['int8', 0.15],
    ['static', 0.3],
    ['mixed', 0.15],
  ] as const)('in %s answers nearly as the float one', async (form, bound) => {
    const exact = await logitsOf(folderOf(head, 'float32'));
    const found = await logitsOf(folderOf(head, form));
    const reach = largestDifference(exact, new Float32Array(exact.length));
    const apart = largestDifference(exact, found);
    expect(apart).toBeGreaterThan(0);
    expect(apart / reach).toBeLessThan(bound);
  });

  // To the bit, not nearly: rounding to bytes would make a whole step of the least difference.
  it.each(['float32', 'int8', 'static', 'mixed'])(
    'in %s answers a text alone as among others, to the bit',
    async (form) => {
      await withClassifier(folderOf(head, form), async (logits) => {
        const together = await logits([...manyTexts, ...sampleTexts]);
        const classes = together.length / (manyTexts.length + sampleTexts.length);
        for (let i = 0; i < manyTexts.length; i += 9)
          expect(await logits([manyTexts[i]!])).toEqual(together.slice(i * classes, (i + 1) * classes));
      });
    },
  );
});

describe('a student whose heads were pruned', () => {
  it('answers in int8 nearly as in fp32, and the same alone as among others', async () => {
    const whole = tinyModel(heads.dense!);
    const encoder = { ...whole.encoder, keptHeads: [[0, 2], [1, 2, 3]] }; // prettier-ignore
    const model = { ...whole, encoder, weights: randomWeights(encoder, whole.head) };
    const options = { tokenizerFrom: join(root, 'encoder'), card };
    const compressed = { precision: 'int8' as const, weights: quantizeWeights(model.weights, encoder) };
    await saveModelFolder(folderOf('pruned'), model, options);
    await saveModelFolder(folderOf('pruned', 'int8'), model, { ...options, compressed });
    const exact = await logitsOf(folderOf('pruned'));
    const reach = largestDifference(exact, new Float32Array(exact.length));
    expect(largestDifference(exact, await logitsOf(folderOf('pruned', 'int8'))) / reach).toBeLessThan(0.15);
    const [all, alone] = [
      await logitsOf(folderOf('pruned', 'int8')),
      await logitsOf(folderOf('pruned', 'int8'), [sampleTexts[1]!]),
    ];
    expect(all.slice(3, 6)).toEqual(alone);
  });
});

describe('the files', () => {
  it('of float16 are half, of int8 a quarter, and named as Hugging Face names them', async () => {
    const size = async (...path: string[]): Promise<number> =>
      (await stat(join(folderOf(path[0]!), ...path.slice(1)))).size;
    const whole = await size('dense-float32', 'model.safetensors');
    expect((await size('dense-float16', 'model.safetensors')) / whole).toBeLessThan(0.6); // a header of 4 KB on 90 KB
    expect((await size('dense-int8', 'model.int8.safetensors')) / whole).toBeLessThan(0.5);
    await size('dense-float16', 'onnx', 'model_fp16.onnx');
    await size('dense-int8', 'onnx', 'model_quantized.onnx');
    await expect(size('dense-int8', 'model.safetensors')).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it('say what they are, and are read as a float model by all that trains', async () => {
    const { precision, weights, encoder } = await loadModelFolder(folderOf('dense', 'int8'));
    expect(precision).toBe('int8');
    const exact = randomWeights(encoder, { ...heads.dense!, classes: 3 });
    const name = 'layer.1.down.weight';
    const reach = largestDifference(exact.parameters[name]!, new Float32Array(exact.parameters[name]!.length));
    expect(largestDifference(weights.parameters[name]!, exact.parameters[name]!)).toBeLessThan(reach / 200);
    expect(weights.parameters['layer.1.down.bias']).toEqual(exact.parameters['layer.1.down.bias']);
  });

  it('are refused when they are damaged', async () => {
    const folder = join(root, 'damaged');
    const model = tinyModel(heads.dense!);
    const compressed = formsOf(model).int8!;
    await saveModelFolder(folder, model, { tokenizerFrom: join(root, 'encoder'), card, compressed });
    const path = join(folder, 'model.int8.safetensors');
    const bytes = await readFile(path);
    bytes[bytes.length - 9]! ^= 1;
    await writeFile(path, bytes);
    await expect(loadClassifier(folder)).rejects.toMatchObject({
      code: 'invalid_input',
      message: expect.stringMatching(/model\.int8\.safetensors: its SHA-256 is/),
    });
    await writeFile(path, bytes.subarray(0, bytes.length - 100));
    await expect(loadModelFolder(folder)).rejects.toMatchObject({ code: 'invalid_input' });
  });
});

const script = `
folder, name, texts = args
import onnxruntime as ort
from transformers import AutoTokenizer
tokenizer = AutoTokenizer.from_pretrained(folder)
session = ort.InferenceSession(folder + '/onnx/' + name)
batch = tokenizer(texts, padding=True, truncation=True, return_tensors='np')
feeds = {k: batch[k].astype('int64') for k in ('input_ids', 'attention_mask')}
result = session.run(['logits'], feeds)[0].flatten().tolist()
`;

const exactInt8 = await hasExactInt8();

describe.skipIf(python === undefined || !exactInt8)(
  'Python (needs Python with onnxruntime, and exact 8-bit products)',
  () => {
    it.each([
      ['dense', 'float16', 'model_fp16.onnx'],
      ['dense', 'int8', 'model_quantized.onnx'],
      ['pooler', 'int8', 'model_quantized.onnx'],
      ['dense', 'static', 'model_quantized.onnx'],
    ])('gives the logits of %s %s from %s', async (head, form, name) => {
      const folder = folderOf(head, form);
      const theirs = (await runPython(script, folder, name, sampleTexts)) as number[];
      const ours = await logitsOf(folder);
      expect(ours.length).toBe(theirs.length);
      // A number between two bytes may go the other way.
      expect(largestDifference(ours, theirs)).toBeLessThan(0.02);
    });
  },
);
