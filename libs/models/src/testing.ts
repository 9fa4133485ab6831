// Fixtures for tests: a tiny encoder with a WordPiece tokenizer, made on the spot so that tests run everywhere.
import { execFile, execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { LabelSpace } from '@taxon/data';
import type { EncoderConfig } from './encoder-config.ts';
import type { HeadConfig } from './head.ts';
import type { SavableModel } from './model-folder.ts';
import { writeSafetensors } from './safetensors.ts';
import { encoderTensors, parameterShapes, type Weights } from './weights.ts';

const words =
  'the card was lost my please help with new pin money sent twice what is rate today un ##able to ##s ##ing pay account close open'.split(
    ' ',
  );
/** Token ids are places in this list. */
export const vocabulary = [
  '[PAD]',
  '[UNK]',
  '[CLS]',
  '[SEP]',
  '[MASK]',
  ...words,
  ...Array.from('abcdefghijklmnopqrstuvwxyz?.,!'),
];

export const tinyEncoder: EncoderConfig = {
  layers: 2,
  hidden: 32,
  heads: 4,
  intermediate: 64,
  positions: 48,
  vocabulary: vocabulary.length,
  types: 2,
  layerNormEpsilon: 1e-12,
};

/** Short, long, cut, empty and unknown. */
export const sampleTexts = [
  'My card was lost, please help!',
  'what is the rate today?',
  'a',
  '',
  'unable to pay: ☂ money sent twice',
  'please close my account. '.repeat(20),
];

/** Reproducible, roughly normal numbers. */
export const randomNumbers = (size: number, scale: number, seed: number): Float32Array => {
  let state = seed * 2_654_435_761 + 1;
  const uniform = (): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0;
    return (state >>> 0) / 2 ** 32;
  };
  return Float32Array.from({ length: size }, () => scale * (uniform() + uniform() + uniform() - 1.5) * 2);
};

export const randomWeights = (config: EncoderConfig, head?: HeadConfig, seed = 1): Weights => {
  let count = seed;
  const fill = (size: number, scale: number): Float32Array => randomNumbers(size, scale, count++);
  const parameters = Object.fromEntries(
    Object.entries(parameterShapes(config, head)).map(([name, shape]) => {
      const size = shape.reduce((a, b) => a * b, 1);
      const values = fill(size, name.endsWith('weight') ? 0.15 : 0.1);
      return [name, name.endsWith('gamma') ? values.map((x) => 1 + x) : values];
    }),
  );
  return {
    words: fill(config.vocabulary * config.hidden, 0.5),
    positions: fill(config.positions * config.hidden, 0.2),
    types: fill(config.types * config.hidden, 0.2),
    parameters,
  };
};

/** Labels of which every text has one. */
export const oneTask = (labels: readonly string[]): LabelSpace => ({
  tasks: [{ name: 'label', kind: 'single-label', labels: [...labels] }],
});

export const tinyModel = (head: Omit<HeadConfig, 'classes'>, labels = ['lost', 'rate', 'other']): SavableModel => {
  const full: HeadConfig = { ...head, classes: labels.length };
  return {
    encoder: tinyEncoder,
    head: full,
    weights: randomWeights(tinyEncoder, full),
    space: oneTask(labels),
    maxLength: 24,
  };
};

export const temporaryFolder = (): Promise<string> => mkdtemp(join(tmpdir(), 'taxon-models-'));

export const writeJson = (path: string, value: unknown): Promise<void> => writeFile(path, JSON.stringify(value));

const special = (content: string) => ({
  id: vocabulary.indexOf(content),
  content,
  single_word: false,
  lstrip: false,
  rstrip: false,
  normalized: false,
  special: true,
});

const frame = (name: string) => ({ id: name, ids: [vocabulary.indexOf(name)], tokens: [name] });

const part = (kind: 'SpecialToken' | 'Sequence', id: string, type = 0) => ({ [kind]: { id, type_id: type } });

/** An uncased WordPiece tokenizer over `vocabulary`. */
export const writeTokenizer = async (folder: string): Promise<void> => {
  await mkdir(folder, { recursive: true });
  const single = [part('SpecialToken', '[CLS]'), part('Sequence', 'A'), part('SpecialToken', '[SEP]')];
  await writeJson(join(folder, 'tokenizer.json'), {
    version: '1.0',
    truncation: { direction: 'Right', max_length: 8, strategy: 'LongestFirst', stride: 0 },
    padding: { strategy: { Fixed: 8 }, direction: 'Right', pad_id: 0, pad_type_id: 0, pad_token: '[PAD]' },
    added_tokens: vocabulary.slice(0, 5).map(special),
    normalizer: {
      type: 'BertNormalizer',
      clean_text: true,
      handle_chinese_chars: true,
      strip_accents: null,
      lowercase: true,
    },
    pre_tokenizer: { type: 'BertPreTokenizer' },
    post_processor: {
      type: 'TemplateProcessing',
      single,
      pair: [...single, part('Sequence', 'B', 1), part('SpecialToken', '[SEP]', 1)],
      special_tokens: { '[CLS]': frame('[CLS]'), '[SEP]': frame('[SEP]') },
    },
    decoder: { type: 'WordPiece', prefix: '##', cleanup: true },
    model: {
      type: 'WordPiece',
      unk_token: '[UNK]',
      continuing_subword_prefix: '##',
      max_input_chars_per_word: 100,
      vocab: Object.fromEntries(vocabulary.map((word, id) => [word, id])),
    },
  });
  await writeFile(join(folder, 'vocab.txt'), `${vocabulary.join('\n')}\n`);
  const names = {
    unk_token: '[UNK]',
    sep_token: '[SEP]',
    pad_token: '[PAD]',
    cls_token: '[CLS]',
    mask_token: '[MASK]',
  };
  await writeJson(join(folder, 'tokenizer_config.json'), {
    do_lower_case: true,
    model_max_length: tinyEncoder.positions,
    tokenizer_class: 'BertTokenizer',
    ...names,
  });
  await writeJson(join(folder, 'special_tokens_map.json'), names);
};

export const encoderJson = (config: EncoderConfig): Record<string, unknown> => ({
  architectures: ['BertModel'],
  model_type: 'bert',
  num_hidden_layers: config.layers,
  hidden_size: config.hidden,
  num_attention_heads: config.heads,
  intermediate_size: config.intermediate,
  max_position_embeddings: config.positions,
  vocab_size: config.vocabulary,
  type_vocab_size: config.types,
  layer_norm_eps: config.layerNormEpsilon,
  hidden_act: 'gelu',
  pad_token_id: 0,
});

/** A plain encoder's folder, as an AutoModel saves it. */
export const writeEncoderFolder = async (folder: string, weights = randomWeights(tinyEncoder)): Promise<void> => {
  await writeTokenizer(folder);
  await writeJson(join(folder, 'config.json'), encoderJson(tinyEncoder));
  await writeSafetensors(join(folder, 'model.safetensors'), encoderTensors(weights, tinyEncoder));
};

/** What a checkpoint holds, for tests of other libs that compare with one. */
export { encoderTensors, parameterTensors } from './weights.ts';

/** What all tests put on a card. */
export const card = { name: 'tiny', results: [] };

export const largestDifference = (a: ArrayLike<number>, b: ArrayLike<number>): number =>
  a.length === b.length ? Array.from(a).reduce((most, x, i) => Math.max(most, Math.abs(x - b[i]!)), 0) : Infinity;

const workspace = fileURLToPath(new URL('../../..', import.meta.url));

/** Python with torch, transformers, sentence-transformers, onnx and onnxruntime; undefined where there is none. */
export const python = ((): string | undefined => {
  const candidate = process.env.TAXON_PYTHON ?? join(workspace, '.cache/peers/venv/bin/python');
  if (!existsSync(candidate)) return undefined;
  try {
    const check = 'import importlib.util as u, sys; sys.exit(not all(map(u.find_spec, sys.argv[1:])))';
    execFileSync(candidate, ['-c', check, 'torch', 'transformers', 'sentence_transformers', 'onnx', 'onnxruntime']);
    return candidate;
  } catch {
    return undefined;
  }
})();

const run = promisify(execFile);

const lastLine = (text: string): string => text.trim().split('\n').at(-1) ?? '';

/** Runs a program that prints its result as a last line of JSON. */
const runJson = async (command: string, args: string[]): Promise<unknown> => {
  const env = { ...process.env, HF_HUB_OFFLINE: '1', TRANSFORMERS_VERBOSITY: 'error', TOKENIZERS_PARALLELISM: 'false' };
  const { stdout } = await run(command, args, { env, cwd: workspace, maxBuffer: 64 * 2 ** 20 });
  return JSON.parse(lastLine(stdout));
};

/** Runs a Python script; `args` arrives as the list `args`, and what `result` holds at its end comes back. */
export const runPython = (script: string, ...args: unknown[]): Promise<unknown> => {
  const whole = `import json, sys\nargs = json.loads(sys.argv[1])\n${script}\nprint(json.dumps(result))`;
  return runJson(python!, ['-c', whole, JSON.stringify(args)]);
};

/** Runs an ES module in a Node of its own; `args` and `result` as in `runPython`. */
export const runNode = (script: string, ...args: unknown[]): Promise<unknown> => {
  const whole = `const args = JSON.parse(process.argv[1]);\n${script}\nconsole.log(JSON.stringify(result));`;
  return runJson(process.execPath, ['--input-type=module', '-e', whole, JSON.stringify(args)]);
};
