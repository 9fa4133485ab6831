import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadClassifier, loadModelFolder, saveModelFolder, type TextPair } from './index.ts';
import {
  card,
  largestDifference,
  python,
  runPython,
  temporaryFolder,
  tinyModel,
  writeEncoderFolder,
} from './testing.ts';

// Models that read two texts at a time.

const pairs: TextPair[] = [
  { text: 'my card was lost', pair: 'please help' },
  { text: '', pair: 'what is the rate today?' },
  { text: 'unable to pay', pair: '' },
  { text: 'please close my account. '.repeat(20), pair: 'money sent twice' },
  { text: 'a', pair: 'please close my account. '.repeat(20) },
];

let root: string;
const heads = { dense: { pooling: 'mean', normalize: true }, pooler: { pooling: 'cls', normalize: false } } as const;
const folderOf = (name: string): string => join(root, name);

beforeAll(async () => {
  root = await temporaryFolder();
  await writeEncoderFolder(folderOf('encoder'));
  const options = { tokenizerFrom: folderOf('encoder'), card };
  for (const kind of ['dense', 'pooler'] as const)
    await saveModelFolder(folderOf(kind), { ...tinyModel({ kind, ...heads[kind] }), pairs: true }, options);
  await saveModelFolder(folderOf('single'), tinyModel({ kind: 'dense', ...heads.dense }), options);
});
afterAll(() => rm(root, { recursive: true }));

const using = async <Result>(
  name: string,
  use: (classifier: Awaited<ReturnType<typeof loadClassifier>>) => Promise<Result>,
): Promise<Result> => {
  const classifier = await loadClassifier(folderOf(name), { threads: 1 });
  try {
    return await use(classifier);
  } finally {
    await classifier.dispose();
  }
};

describe('classifying pairs', () => {
  it('tells which text is which, and answers pairs together as one by one', () =>
    using('dense', async (classifier) => {
      const together = await classifier.logits(pairs);
      for (const [i, pair] of pairs.entries())
        expect(largestDifference(await classifier.logits([pair]), together.slice(3 * i, 3 * i + 3))).toBeLessThan(1e-5);
      const [first, swapped] = [pairs[0]!, { text: pairs[0]!.pair, pair: pairs[0]!.text }];
      const [a, b] = [await classifier.logits([first]), await classifier.logits([swapped])];
      expect(largestDifference(a, b)).toBeGreaterThan(1e-3);
      const answers = await classifier.classify(pairs);
      expect(answers.map(({ truncated }) => truncated)).toEqual([false, false, false, true, true]);
    }));

  it('is refused by a model of single texts', () =>
    using('single', async (classifier) => {
      await expect(classifier.classify(pairs)).rejects.toMatchObject({
        code: 'invalid_input',
        message: expect.stringContaining('trained on single texts') as string,
      });
      expect(await classifier.classify(['my card'])).toHaveLength(1);
      expect(await loadModelFolder(folderOf('single'))).toMatchObject({ pairs: false });
    }));
});

it.skipIf(!python).each(['dense', 'pooler'] as const)(
  '%s: Python and the ONNX graph, fed with token_type_ids, give the same logits (needs Python with its peers)',
  async (kind) => {
    const result = (await runPython(
      `folder, pairs, kind = args
import onnxruntime as ort
from transformers import AutoModelForSequenceClassification, AutoTokenizer
tokenizer = AutoTokenizer.from_pretrained(folder)
texts = [p['text'] for p in pairs], [p['pair'] for p in pairs]
def batch(kind): return tokenizer(*texts, padding=True, truncation='longest_first', return_tensors=kind)
session = ort.InferenceSession(folder + '/onnx/model.onnx')
names = [i.name for i in session.get_inputs()]
onnx = session.run(['logits'], {k: v.astype('int64') for k, v in batch('np').items() if k in names})[0]
if kind == 'pooler':
  logits = AutoModelForSequenceClassification.from_pretrained(folder).eval()(**batch('pt')).logits
else:
  from sentence_transformers import SentenceTransformer
  logits = SentenceTransformer(folder).encode(list(zip(*texts)))
result = {'names': sorted(names), 'onnx': onnx.tolist(), 'logits': logits.tolist()}`,
      folderOf(kind),
      pairs,
      kind,
    )) as { names: string[]; onnx: number[][]; logits: number[][] };
    const ours = await using(kind, (classifier) => classifier.logits(pairs));
    expect(result.names).toEqual(['attention_mask', 'input_ids', 'token_type_ids']);
    expect(largestDifference(ours, result.onnx.flat())).toBeLessThan(1e-5);
    expect(largestDifference(ours, result.logits.flat())).toBeLessThan(1e-5);
  },
);
