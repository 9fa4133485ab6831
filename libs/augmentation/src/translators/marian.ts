import { TaxonError, invalidInput } from '@taxon/errors';
import type { Translator } from '../translator.ts';
import { openPipeline, type Pipeline } from './transformers-js.ts';

export interface MarianOptions {
  /** Folders by direction, such as `{ 'en-de': 'models/opus-mt-en-de', 'de-en': … }`; one folder of NLLB or M2M100 under `*`. */
  models: Readonly<Record<string, string>>;
  /** Of the weights: fp32, fp16, q8, … */
  dtype: string;
  /** Codes that a multilingual model calls languages by, such as `{ en: eng_Latn }`. */
  codes: Readonly<Record<string, string>>;
}

const translationOf = (answer: unknown): string => {
  const text = (answer as { translation_text?: unknown } | undefined)?.translation_text;
  if (typeof text !== 'string')
    throw new TaxonError({ code: 'unavailable', message: 'the translation model answered without a text' });
  return text;
};

/** Marian, NLLB and M2M100 models through transformers.js. Not run on real weights here. */
export const openMarian = ({ models, dtype, codes }: MarianOptions): Translator => {
  const open = new Map<string, Promise<Pipeline>>();
  const pipelineFor = (from: string, to: string): Promise<Pipeline> => {
    const folder = models[`${from}-${to}`] ?? models['*'];
    if (folder === undefined)
      throw invalidInput(
        `no model translates from ${from} to ${to}; there are: ${Object.keys(models).join(', ') || 'none'}`,
        `Name its folder: models={${from}-${to}: FOLDER, ${to}-${from}: FOLDER}.`,
      );
    let found = open.get(folder);
    if (found === undefined) open.set(folder, (found = openPipeline('translation', folder, dtype)));
    return found;
  };
  return {
    name: 'transformers.js',
    async translate(texts, { from, to }, { signal } = {}) {
      const translate = await pipelineFor(from, to);
      signal?.throwIfAborted();
      const languages =
        models[`${from}-${to}`] === undefined ? { src_lang: codes[from] ?? from, tgt_lang: codes[to] ?? to } : {};
      const answers = (await translate([...texts], languages)) as unknown[];
      return answers.map((answer) => translationOf(Array.isArray(answer) ? answer[0] : answer));
    },
    async dispose() {
      for (const one of open.values()) await (await one.catch(() => undefined))?.dispose();
    },
  };
};
