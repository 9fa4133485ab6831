import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parameterShapes, saveModelFolder, type EncoderConfig, type HeadConfig, type Weights } from '@taxon/models';

const vocabulary = ['[PAD]', '[UNK]', '[CLS]', '[SEP]', '[MASK]', 'card', 'lost', 'rate', 'today', 'help', 'my', 'the'];

const encoder: EncoderConfig = {
  layers: 1,
  hidden: 16,
  heads: 2,
  intermediate: 32,
  positions: 32,
  vocabulary: vocabulary.length,
  types: 2,
  layerNormEpsilon: 1e-12,
};

export const labels = ['lost_card', 'exchange_rate', 'other'];

/** Different numbers everywhere, the same in every run. */
const waves = (size: number, phase: number): Float32Array =>
  Float32Array.from({ length: size }, (_, index) => 0.5 * Math.sin(index * 12.9898 + phase));

const weights = (head: HeadConfig): Weights => ({
  words: waves(encoder.vocabulary * encoder.hidden, 1),
  positions: waves(encoder.positions * encoder.hidden, 2),
  types: waves(encoder.types * encoder.hidden, 3),
  parameters: Object.fromEntries(
    Object.entries(parameterShapes(encoder, head)).map(([name, shape], index) => [
      name,
      waves(
        shape.reduce((a, b) => a * b, 1),
        index + 4,
      ),
    ]),
  ),
});

const writeTokenizer = async (folder: string): Promise<void> => {
  const tokenizer = {
    version: '1.0',
    added_tokens: vocabulary.slice(0, 5).map((content, id) => ({
      id,
      content,
      single_word: false,
      lstrip: false,
      rstrip: false,
      normalized: false,
      special: true,
    })),
    normalizer: {
      type: 'BertNormalizer',
      clean_text: true,
      handle_chinese_chars: true,
      strip_accents: null,
      lowercase: true,
    },
    pre_tokenizer: { type: 'BertPreTokenizer' },
    post_processor: { type: 'BertProcessing', sep: ['[SEP]', 3], cls: ['[CLS]', 2] },
    model: {
      type: 'WordPiece',
      unk_token: '[UNK]',
      continuing_subword_prefix: '##',
      max_input_chars_per_word: 100,
      vocab: Object.fromEntries(vocabulary.map((word, id) => [word, id])),
    },
  };
  await writeFile(join(folder, 'tokenizer.json'), JSON.stringify(tokenizer));
  await writeFile(
    join(folder, 'tokenizer_config.json'),
    JSON.stringify({ model_max_length: encoder.positions, tokenizer_class: 'BertTokenizer' }),
  );
  await writeFile(join(folder, 'config.json'), JSON.stringify({ model_type: 'bert' }));
};

/** A real model, small enough to make in a test: a folder that anything loads. */
export const makeModel = async (folder: string): Promise<string> => {
  const head: HeadConfig = { kind: 'dense', pooling: 'mean', normalize: true, classes: labels.length };
  const tokenizerFrom = await mkdtemp(join(tmpdir(), 'taxon-tokenizer-'));
  await writeTokenizer(tokenizerFrom);
  await saveModelFolder(
    folder,
    { encoder, head, weights: weights(head), labels, maxLength: 8 },
    { tokenizerFrom, card: { name: 'tiny', results: [] } },
  );
  await rm(tokenizerFrom, { recursive: true });
  return folder;
};
