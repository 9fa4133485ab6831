import { stat } from 'node:fs/promises';
import { join } from 'node:path';

/** Without these a folder is no encoder. */
export const requiredFiles = ['config.json', 'tokenizer.json', 'model.safetensors'] as const;

const optionalFiles = [
  'tokenizer_config.json',
  'special_tokens_map.json',
  'vocab.txt',
  'modules.json',
  'sentence_bert_config.json',
  'config_sentence_transformers.json',
];

/** Modules of sentence-transformers: `1_Pooling/config.json`, `2_Dense/model.safetensors`. */
const modulePattern = /^\d+_\w+\/(config\.json|model\.safetensors)$/;

/** Whether a repository's file belongs to the encoder. Anything else (other formats, pictures) stays where it is. */
export const isEncoderFile = (path: string): boolean =>
  (requiredFiles as readonly string[]).includes(path) || optionalFiles.includes(path) || modulePattern.test(path);

/** The required files that a folder lacks. */
export const missingFiles = async (folder: string): Promise<string[]> => {
  const present = await Promise.all(requiredFiles.map((file) => isFile(join(folder, file))));
  return requiredFiles.filter((_, i) => !present[i]);
};

const isFile = async (path: string): Promise<boolean> => {
  try {
    return (await stat(path)).isFile();
  } catch {
    return false;
  }
};
