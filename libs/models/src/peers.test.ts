import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { loadTokenizer } from '@taxon/text';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { saveModelFolder, type HeadConfig } from './index.ts';
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
      expect(largestDifference(result.onnx.flat(), result.sentence.flat())).toBeLessThan(1e-5);
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
    expect(largestDifference(result.onnx.flat(), result.logits.flat())).toBeLessThan(1e-5);
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
    const ours = texts.map((text) => [...tokenizer.encode(text, { maxLength: 24 })]);
    expect(result).toEqual([ours, ours]);
  });
});

it('@huggingface/transformers runs the text-classification pipeline on the folder', async () => {
  for (const name of Object.keys(heads)) {
    const result = (await runNode(
      `import { pipeline, AutoTokenizer } from '@huggingface/transformers';
       const [folder, texts] = args;
       const classify = await pipeline('text-classification', folder);
       const result = await classify(texts, { top_k: 3 });`,
      folderOf(name),
      texts,
    )) as { label: string; score: number }[][];
    expect(result).toHaveLength(texts.length);
    for (const labels of result) {
      expect(labels.map(({ label }) => label).sort()).toEqual(['lost', 'other', 'rate']);
      expect(labels.reduce((sum, { score }) => sum + score, 0)).toBeCloseTo(1, 4);
    }
  }
});
