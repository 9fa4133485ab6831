// Fixtures for tests: the command line as a child process, and a tiny encoder to train from, made on the spot.
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { writeSafetensors, type StoredTensor } from '@taxon/models';

/** What a person runs. It starts the bundle, which `npm test` builds first. */
export const bin = fileURLToPath(new URL('../bin/taxon.mjs', import.meta.url));

export interface Outcome {
  code: number | null;
  out: string;
  err: string;
}

export interface RunOptions {
  cwd: string;
  input?: string;
  /** Called with the child and all that it has written so far, after every write. */
  onOutput?: (child: ChildProcess, outcome: Outcome) => void;
}

/** A program run to its end. */
export const runProgram = (command: string, args: readonly string[], options: RunOptions): Promise<Outcome> =>
  new Promise((resolve, reject) => {
    const { cwd, input = '', onOutput } = options;
    const child = spawn(command, args, { cwd });
    const outcome: Outcome = { code: null, out: '', err: '' };
    const collect = (stream: 'out' | 'err') => (chunk: Buffer) => {
      outcome[stream] += chunk.toString();
      onOutput?.(child, outcome);
    };
    child.stdout.on('data', collect('out'));
    child.stderr.on('data', collect('err'));
    child.on('error', reject);
    child.on('close', (code) => resolve({ ...outcome, code }));
    child.stdin.end(input);
  });

export const lastLine = (text: string): string => text.trimEnd().split('\n').at(-1)!;

const specialTokens = ['[PAD]', '[UNK]', '[CLS]', '[SEP]', '[MASK]'];
const animals = ['cat', 'dog', 'horse', 'bird', 'fish', 'sheep'];
const dishes = ['soup', 'bread', 'cheese', 'salad', 'pasta', 'rice'];
const fillers = ['the', 'a', 'my', 'is', 'was', 'very', 'good', 'old', 'here', 'and', 'we', 'like'];
const vocabulary = [...specialTokens, ...animals, ...dishes, ...fillers];
const hidden = 16;
const positions = 16;

/** Texts on animals and on food, told apart by one word each, as CSV with the columns text and label. */
export const toyCsv = (texts: number): string => {
  const pick = (from: readonly string[], at: number): string => from[at % from.length]!;
  const rows = Array.from({ length: texts }, (_, i) => {
    const [label, nouns] = i % 2 === 0 ? ['animal', animals] : ['food', dishes];
    const words = [pick(fillers, i), pick(nouns, i >> 1), pick(fillers, 3 * i + 1), pick(fillers, (i * i) >> 3)];
    return `${words.join(' ')} ${pick(fillers, (i / 7) | 0)},${label}`;
  });
  return `text,label\n${rows.join('\n')}\n`;
};

/** Reproducible numbers between -scale and scale. */
const numbers = (size: number, seed: number, scale: number): Float32Array =>
  Float32Array.from({ length: size }, (_, i) => {
    const x = 43_758.5453 * Math.sin(12.9898 * (i + 1) + 78.233 * (seed + 1));
    return scale * (2 * (x - Math.floor(x)) - 1);
  });

const encoderTensors = (): Map<string, StoredTensor> => {
  const tensors = new Map<string, StoredTensor>();
  const matrix = (name: string, shape: number[], scale: number): void => {
    const size = shape.reduce((a, b) => a * b, 1);
    tensors.set(name, { shape, data: numbers(size, tensors.size, scale) });
  };
  const norm = (name: string): void => {
    tensors.set(`${name}.weight`, { shape: [hidden], data: new Float32Array(hidden).fill(1) });
    tensors.set(`${name}.bias`, { shape: [hidden], data: new Float32Array(hidden) });
  };
  const linear = (name: string, into: number, from: number): void => {
    matrix(`${name}.weight`, [into, from], 0.3);
    matrix(`${name}.bias`, [into], 0.1);
  };
  matrix('embeddings.word_embeddings.weight', [vocabulary.length, hidden], 1);
  matrix('embeddings.position_embeddings.weight', [positions, hidden], 0.1);
  matrix('embeddings.token_type_embeddings.weight', [2, hidden], 0.1);
  norm('embeddings.LayerNorm');
  const layer = 'encoder.layer.0';
  for (const part of ['self.query', 'self.key', 'self.value', 'output.dense'])
    linear(`${layer}.attention.${part}`, hidden, hidden);
  norm(`${layer}.attention.output.LayerNorm`);
  linear(`${layer}.intermediate.dense`, 2 * hidden, hidden);
  linear(`${layer}.output.dense`, hidden, 2 * hidden);
  norm(`${layer}.output.LayerNorm`);
  return tensors;
};

const tokenizerJson = {
  version: '1.0',
  truncation: null,
  padding: null,
  added_tokens: specialTokens.map((content, id) => ({ id, content, special: true, normalized: false })),
  normalizer: {
    type: 'BertNormalizer',
    clean_text: true,
    handle_chinese_chars: true,
    strip_accents: null,
    lowercase: true,
  },
  pre_tokenizer: { type: 'BertPreTokenizer' },
  post_processor: { type: 'BertProcessing', sep: ['[SEP]', 3], cls: ['[CLS]', 2] },
  decoder: { type: 'WordPiece', prefix: '##', cleanup: true },
  model: {
    type: 'WordPiece',
    unk_token: '[UNK]',
    continuing_subword_prefix: '##',
    max_input_chars_per_word: 100,
    vocab: Object.fromEntries(vocabulary.map((word, id) => [word, id])),
  },
};

/** A BERT of one layer with random weights, as Hugging Face's folders are. */
export const writeToyEncoder = async (folder: string): Promise<void> => {
  const config = {
    model_type: 'bert',
    num_hidden_layers: 1,
    hidden_size: hidden,
    num_attention_heads: 2,
    intermediate_size: 2 * hidden,
    max_position_embeddings: positions,
    vocab_size: vocabulary.length,
    type_vocab_size: 2,
  };
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'config.json'), JSON.stringify(config));
  await writeFile(join(folder, 'tokenizer.json'), JSON.stringify(tokenizerJson));
  await writeFile(join(folder, 'tokenizer_config.json'), JSON.stringify({ do_lower_case: true }));
  await writeSafetensors(join(folder, 'model.safetensors'), encoderTensors());
};
