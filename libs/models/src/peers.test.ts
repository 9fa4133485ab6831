import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { loadTokenizer } from '@taxon/text';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadClassifier, loadModelFolder, saveModelFolder, type HeadConfig, type Prediction } from './index.ts';
import {
  card,
  largestDifference,
  python,
  runNode,
  runPython,
  sampleTexts,
  temporaryFolder,
  tinyModel,
  writeEncoderFolder,
} from './testing.ts';

// The folder is not ours alone: what the libraries that people already use make of it.

const heads: Record<string, Omit<HeadConfig, 'classes'>> = {
  'mean, normalised': { kind: 'dense', pooling: 'mean', normalize: true },
  'mean': { kind: 'dense', pooling: 'mean', normalize: false },
  'cls, normalised': { kind: 'dense', pooling: 'cls', normalize: true },
  'pooler': { kind: 'pooler', pooling: 'cls', normalize: false },
}; // prettier-ignore

const texts = sampleTexts;
let root: string;
const folderOf = (name: string): string => join(root, name.replaceAll(/\W+/g, '-'));

beforeAll(async () => {
  root = await temporaryFolder();
  const encoderFolder = join(root, 'encoder');
  await writeEncoderFolder(encoderFolder);
  for (const [name, head] of Object.entries(heads))
    await saveModelFolder(folderOf(name), tinyModel(head), { tokenizerFrom: encoderFolder, card });
});
afterAll(() => rm(root, { recursive: true }));

/** What our own classifier says. */
const ours = async (folder: string): Promise<{ logits: Float32Array; predictions: Prediction[]; labels: string[] }> => {
  const classifier = await loadClassifier(folder, { threads: 1 });
  try {
    const logits = await classifier.logits(texts);
    return { logits, predictions: await classifier.classify(texts), labels: [...classifier.labels] };
  } finally {
    await classifier.dispose();
  }
};

const onnxLogits = `
import numpy as np, onnx, onnxruntime as ort
from transformers import AutoTokenizer
path = folder + '/onnx/model.onnx'
onnx.checker.check_model(path, full_check=True)
session = ort.InferenceSession(path)
batch = AutoTokenizer.from_pretrained(folder)(texts, padding=True, truncation=True, return_tensors='np')
feeds = {k: batch[k].astype('int64') for k in ('input_ids', 'attention_mask')}
onnx_logits = session.run(['logits'], feeds)[0]
`;

describe.skipIf(!python)('Python (skipped where TAXON_PYTHON and .cache/peers/venv have no peers)', () => {
  it.for(Object.keys(heads).filter((name) => name !== 'pooler'))(
    '%s: sentence-transformers, AutoModel and the ONNX graph agree',
    async (name) => {
      const result = (await runPython(
        `folder, texts = args
${onnxLogits}
import torch
from sentence_transformers import SentenceTransformer
from transformers import AutoModel
model = SentenceTransformer(folder)
logits = model.encode(texts)
states = AutoModel.from_pretrained(folder)(**model.tokenize(texts)).last_hidden_state
chain = model[0](model.tokenize(texts))['token_embeddings']
result = {'sentence': logits.tolist(), 'onnx': onnx_logits.tolist(), 'states': float((states - chain).abs().max()),
  'domains': sorted({n.domain for n in onnx.load(path).graph.node}), 'limit': model.max_seq_length,
  'labels': [model[0].auto_model.config.id2label[i] for i in range(3)]}`,
        folderOf(name),
        texts,
      )) as { sentence: number[][]; onnx: number[][]; states: number; domains: string[]; limit: number; labels: string[] };
      const { logits } = await ours(folderOf(name));
      expect(largestDifference(logits, result.sentence.flat())).toBeLessThan(1e-5);
      expect(largestDifference(logits, result.onnx.flat())).toBeLessThan(1e-5);
      expect(result.states).toBeLessThan(1e-5);
      expect(result.domains).toEqual(['']);
      expect(result.limit).toBe(24);
      expect(result.labels).toEqual(['lost', 'rate', 'other']);
    },
  ); // prettier-ignore

  it('pooler: BertForSequenceClassification and the ONNX graph agree', async () => {
    const result = (await runPython(
      `folder, texts = args
${onnxLogits}
import torch
from transformers import AutoModelForSequenceClassification, AutoTokenizer
model, info = AutoModelForSequenceClassification.from_pretrained(folder, output_loading_info=True)
batch = AutoTokenizer.from_pretrained(folder)(texts, padding=True, truncation=True, return_tensors='pt')
result = {'logits': model.eval()(**batch).logits.tolist(), 'onnx': onnx_logits.tolist(), 'type': type(model).__name__,
  'missing': sorted(info['missing_keys']), 'unexpected': sorted(info['unexpected_keys'])}`,
      folderOf('pooler'),
      texts,
    )) as Record<string, unknown> & { logits: number[][]; onnx: number[][] };
    const { logits } = await ours(folderOf('pooler'));
    expect(largestDifference(logits, result.logits.flat())).toBeLessThan(1e-5);
    expect(largestDifference(logits, result.onnx.flat())).toBeLessThan(1e-5);
    expect(result).toMatchObject({ type: 'BertForSequenceClassification', missing: [], unexpected: [] });
  });

  it('the tokenizer cuts and pads as ours, with transformers and with tokenizers alone', async () => {
    const folder = folderOf('mean');
    const result = await runPython(
      `folder, texts = args
from tokenizers import Tokenizer
from transformers import AutoTokenizer
own = Tokenizer.from_file(folder + '/tokenizer.json')
result = [[own.encode(t).ids for t in texts], AutoTokenizer.from_pretrained(folder)(texts, truncation=True)['input_ids']]`,
      folder,
      texts,
    );
    const tokenizer = await loadTokenizer(folder);
    const ids = texts.map((text) => [...tokenizer.encode(text, { maxLength: 24 })]);
    expect(result).toEqual([ids, ids]);
  });
});

describe.skipIf(!python)('folders made by Python (skipped where there is none)', () => {
  const config = `
import torch
from transformers import AutoTokenizer, BertConfig, BertForSequenceClassification, BertModel
torch.manual_seed(7)
encoder, folder, texts = args
tokenizer = AutoTokenizer.from_pretrained(encoder)
sizes = dict(vocab_size=len(tokenizer), hidden_size=32, num_hidden_layers=2, num_attention_heads=4,
  intermediate_size=64, max_position_embeddings=48, initializer_range=0.3)
`;

  const make = async (name: string, script: string): Promise<{ folder: string; logits: number[] }> => {
    const folder = folderOf(name);
    const result = await runPython(config + script, join(root, 'encoder'), folder, texts);
    return { folder, logits: (result as number[][]).flat() };
  };

  it.for(['float32', 'bfloat16'])('BertForSequenceClassification, %s', async (dtype) => {
    const { folder, logits } = await make(
      `classic ${dtype}`,
      `
names = {0: 'lost', 1: 'rate', 2: 'other', 3: 'more'}
model = BertForSequenceClassification(BertConfig(**sizes, id2label=names)).eval().to(torch.${dtype})
model.save_pretrained(folder); tokenizer.save_pretrained(folder)
model = model.float()
result = model(**tokenizer(texts, padding=True, truncation=True, return_tensors='pt')).logits.tolist()`,
    );
    const answer = await ours(folder);
    expect(answer.labels).toEqual(['lost', 'rate', 'other', 'more']);
    expect(largestDifference(answer.logits, logits)).toBeLessThan(1e-4);
  });

  it.for(['mean', 'cls'])('SentenceTransformer with Dense, %s pooling', async (pooling) => {
    const { folder, logits } = await make(
      `sentence ${pooling}`,
      `
from sentence_transformers import SentenceTransformer, models
BertModel(BertConfig(**sizes)).save_pretrained(folder + '-bert'); tokenizer.save_pretrained(folder + '-bert')
chain = [models.Transformer(folder + '-bert', max_seq_length=16), models.Pooling(32, '${pooling}'), models.Normalize(),
  models.Dense(32, 5, bias=${pooling === 'mean' ? 'True' : 'False'}, activation_function=torch.nn.Identity())]
model = SentenceTransformer(modules=chain, device='cpu')
model.save(folder)
result = model.encode(texts).tolist()`,
    );
    const answer = await ours(folder);
    expect(await loadModelFolder(folder)).toMatchObject({ pooling, normalize: true, maxLength: 16 });
    expect(answer.labels).toEqual(['LABEL_0', 'LABEL_1', 'LABEL_2', 'LABEL_3', 'LABEL_4']);
    expect(largestDifference(answer.logits, logits)).toBeLessThan(1e-4);
  });
});

it('@huggingface/transformers runs the text-classification pipeline on the folder', async () => {
  for (const name of Object.keys(heads)) {
    const { predictions } = await ours(folderOf(name));
    // transformers.js cuts a long text's last [SEP] off, which no other library does: its answer differs there.
    const whole = [...texts.keys()].filter((i) => !predictions[i]!.truncated);
    const expected = whole.map((i) => predictions[i]!.labels);
    const actual = (await runNode(
      `import { pipeline } from '@huggingface/transformers';
       const [folder, texts] = args;
       const classify = await pipeline('text-classification', folder);
       const result = await classify(texts, { top_k: 3 });`,
      folderOf(name),
      whole.map((i) => texts[i]),
    )) as { label: string; score: number }[][];
    expect(actual.map((labels) => labels.map(({ label }) => label))).toEqual(
      expected.map((labels) => labels.map(({ label }) => label)),
    );
    const scores = actual.flatMap((labels) => labels.map(({ score }) => score));
    const probabilities = expected.flatMap((labels) => labels.map(({ probability }) => probability));
    expect(largestDifference(probabilities, scores)).toBeLessThan(1e-5);
  }
});
