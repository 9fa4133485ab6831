import { TaxonError, invalidInput } from '@taxon/errors';
import { z } from 'zod';
import { languageOf } from '../language.ts';
import type { MethodKind, MethodResources } from '../method.ts';
import { openApertium } from '../translators/apertium.ts';
import { openMarian } from '../translators/marian.ts';
import type { Translator } from '../translator.ts';

const options = z.strictObject({
  /** Languages on the way, ISO 639-1: each try takes the next one. */
  via: z
    .union([z.string().min(2), z.array(z.string().min(2)).min(1)])
    .transform((via) => (typeof via === 'string' ? via.split('+') : via))
    .default(['es']),
  /**
   * `apertium`: the program, where it is installed. `huggingface`: models of transformers.js, by `models`. `given`: a translator of the
   * caller's own, such as a gRPC service. `auto`: given, else by `models`, else apertium.
   */
  engine: z.enum(['auto', 'apertium', 'huggingface', 'given']).default('auto'),
  models: z.record(z.string(), z.string().min(1)).default({}),
  dtype: z.string().default('q8'),
  codes: z.record(z.string(), z.string()).default({}),
});

const openTranslator = async (
  { engine, models, dtype, codes }: z.output<typeof options>,
  { translator, signal }: MethodResources,
): Promise<Translator> => {
  if (engine === 'given' || (engine === 'auto' && translator !== undefined)) {
    if (translator !== undefined) return { ...translator, dispose: undefined }; // the caller's to close
    throw new TaxonError({
      code: 'failed_precondition',
      message: 'back-translation: engine is given, and the caller gave no translator',
      hint: 'Set engine to apertium or huggingface.',
    });
  }
  if (engine === 'huggingface' || (engine === 'auto' && Object.keys(models).length > 0)) {
    if (Object.keys(models).length === 0)
      throw invalidInput(
        'back-translation: engine is huggingface, and no model is named',
        'Name folders of ONNX exports by direction: models={en-de: FOLDER, de-en: FOLDER}.',
      );
    return openMarian({ models, dtype, codes });
  }
  return openApertium(signal);
};

/** Into another language and back (Sennrich et al. 2016; for paraphrases Yu et al. 2018). */
export const backTranslation: MethodKind<typeof options> = {
  description:
    'translates into another language and back (Apertium, transformers.js models, or a translator of your own)',
  options,
  batch: 64,
  streamed: false,
  paths: { models: 'model' },
  async open(own, resources) {
    const { via } = own;
    const translator = await openTranslator(own, resources);
    return {
      async make(wanted, signal) {
        const made = new Array<string | undefined>(wanted.length);
        const lots = new Map<string, number[]>();
        wanted.forEach(({ row, attempt }, i) => {
          const key = `${languageOf(resources.language, row.text)} ${via[attempt % via.length]!}`;
          lots.set(key, [...(lots.get(key) ?? []), i]);
        });
        for (const [key, places] of lots) {
          const [from, to] = key.split(' ') as [string, string];
          if (from === to) continue;
          const texts = places.map((i) => wanted[i]!.row.text);
          const there = await translator.translate(texts, { from, to }, { signal });
          const back = await translator.translate(there, { from: to, to: from }, { signal });
          places.forEach((i, k) => (made[i] = back[k]));
        }
        return made;
      },
      dispose: () => translator.dispose?.() ?? Promise.resolve(),
    };
  },
};
