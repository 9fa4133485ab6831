import { existsSync } from 'node:fs';
import { isAbsolute, join, resolve } from 'node:path';
import { TaxonError } from '@taxon/errors';

/** What is used of `@huggingface/transformers`, which is optional and large: it is loaded when it is asked for. */
interface Transformers {
  env: { allowRemoteModels: boolean; localModelPath: string };
  pipeline(task: string, model: string, options: { dtype?: string }): Promise<Pipeline>;
}

export interface Pipeline {
  (texts: string | string[], options: Record<string, unknown>): Promise<unknown>;
  dispose(): Promise<unknown>;
}

const missingPackage = (cause: unknown): TaxonError =>
  new TaxonError({
    code: 'failed_precondition',
    message: 'the package @huggingface/transformers is not installed',
    hint: 'npm install @huggingface/transformers',
    cause,
  });

/** Files that every model of transformers.js has. */
const wanted = ['config.json', 'tokenizer.json', 'onnx'];

/**
 * Opens a pipeline of transformers.js on a model's folder. Nothing is fetched: weights are large, and whose they are is the user's to know.
 * @param task `translation`, `text-generation`
 * @throws TaxonError `failed_precondition` naming what is missing: the package, the folder, or a file of it
 */
export const openPipeline = async (task: string, folder: string, dtype: string): Promise<Pipeline> => {
  const path = isAbsolute(folder) ? folder : resolve(folder);
  const missing = wanted.filter((file) => !existsSync(join(path, file)));
  if (missing.length > 0)
    throw new TaxonError({
      code: 'failed_precondition',
      message: `${path} is no model of transformers.js: it has no ${missing.join(', no ')}`,
      hint: 'Put an ONNX export there, such as the files of Xenova/opus-mt-en-de: config.json, tokenizer.json, onnx/*.onnx.',
    });
  let transformers: Transformers;
  try {
    const name = '@huggingface/transformers'; // no literal: bundles leave it out
    transformers = (await import(name)) as Transformers;
  } catch (cause) {
    throw missingPackage(cause);
  }
  transformers.env.allowRemoteModels = false;
  transformers.env.localModelPath = '/';
  try {
    return await transformers.pipeline(task, path.slice(1), { dtype });
  } catch (cause) {
    throw new TaxonError({
      code: 'failed_precondition',
      message: `${path}: transformers.js cannot open it for ${task}: ${(cause as Error).message}`,
      hint: `Are the weights of dtype ${dtype} there (onnx/*.onnx)?`,
      cause,
    });
  }
};
