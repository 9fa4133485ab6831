import { copyFile, readFile, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { invalidInput } from '@taxon/errors';

/** Everything that tokenizers of the Hugging Face libraries read. */
const names = [
  'vocab.txt',
  'vocab.json',
  'merges.txt',
  'special_tokens_map.json',
  'added_tokens.json',
  'sentencepiece.bpe.model',
  'spiece.model',
  'tokenizer.model',
];

/** Where transformers keeps what it found in tokenizer.json, and where it found it. */
const notTakenOver = ['max_length', 'pad_to_multiple_of', 'stride', 'truncation_strategy', 'name_or_path', 'is_local'];

const readObject = async (path: string): Promise<Record<string, unknown>> => {
  try {
    const json: unknown = JSON.parse(await readFile(path, 'utf8'));
    if (typeof json === 'object' && json !== null && !Array.isArray(json)) return json as Record<string, unknown>;
  } catch (error) {
    throw invalidInput(`${path}: cannot be read: ${(error as Error).message}`);
  }
  throw invalidInput(`${path}: is not a JSON object`);
};

/**
 * Copies a tokenizer, and makes the model's own bound its limit: every library then cuts texts where we do. Padding to
 * a fixed length, which some folders ask for, goes: it would only cost time.
 */
export const copyTokenizer = async (from: string, to: string, maxLength: number): Promise<void> => {
  const present = new Set(await readdir(from));
  if (!present.has('tokenizer.json')) throw invalidInput(`${join(from, 'tokenizer.json')} does not exist`);
  for (const name of names) if (present.has(name)) await copyFile(join(from, name), join(to, name));

  const tokenizer = await readObject(join(from, 'tokenizer.json'));
  tokenizer.truncation = { direction: 'Right', max_length: maxLength, strategy: 'LongestFirst', stride: 0 };
  tokenizer.padding = null;
  await writeFile(join(to, 'tokenizer.json'), JSON.stringify(tokenizer));

  const source = present.has('tokenizer_config.json') ? await readObject(join(from, 'tokenizer_config.json')) : {};
  const config = Object.fromEntries(Object.entries(source).filter(([key]) => !notTakenOver.includes(key)));
  const isWordPiece = (tokenizer.model as { type?: unknown } | undefined)?.type === 'WordPiece';
  const tokenizerClass = isWordPiece ? 'BertTokenizer' : 'PreTrainedTokenizerFast';
  const written = { tokenizer_class: tokenizerClass, ...config, model_max_length: maxLength };
  await writeFile(join(to, 'tokenizer_config.json'), `${JSON.stringify(written, null, 2)}\n`);
};
