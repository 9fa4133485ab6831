import type { FixedRange } from '@taxon/compute';
import type { Example } from '@taxon/data';
import type { Figures } from '@taxon/evaluation';
import {
  bytesOfWeights,
  createEngine,
  halveWeights,
  quantizeWeights,
  type CompressedNumbers,
  type EngineSource,
  type ModelFolder,
  type TextInput,
} from '@taxon/models';
import { scoreLogits } from '@taxon/training';
import { computeLogits, type ComputeOptions } from './compute-logits.ts';
import { measureForm } from './measure-form.ts';
import type { CompressedForm } from './options.ts';
import type { FormMeasured } from './report.ts';

/** What all forms of a model have in common. */
export interface Compression {
  folder: ModelFolder;
  source: EngineSource;
  examples: readonly Example[];
  threads: number;
  signal?: AbortSignal;
}

/** A form of the model that may be saved; `numbers` is absent for the float one. */
export interface Form {
  form: FormMeasured['form'];
  source: EngineSource;
  numbers?: CompressedNumbers;
}

export interface Scored {
  /** [texts, outputs] */
  logits: Float32Array;
  figures: Figures;
}

export const textOf = ({ text, pair }: Example): TextInput => (pair === undefined ? text : { text, pair });

export const floatForm = ({ source }: Compression): Form => ({ form: 'float32', source });

/** A compressed form; `ranges` are those of static int8. */
export const compressedForm = (
  form: CompressedForm,
  { folder, source }: Compression,
  keepFloat: ReadonlySet<string> = new Set(),
  ranges?: Readonly<Record<string, FixedRange>>,
): Form => {
  if (form === 'float16')
    return { form, source: { ...source, weights: halveWeights(source.weights) }, numbers: { precision: 'float16' } };
  const weights = quantizeWeights(folder.weights, folder.encoder, { keepFloat, ranges });
  return { form, source: { ...source, weights }, numbers: { precision: 'int8', weights } };
};

const withEngine = async <Result>(
  { source }: Form,
  { threads }: Compression,
  use: (engine: Awaited<ReturnType<typeof createEngine>>) => Promise<Result>,
): Promise<Result> => {
  const engine = await createEngine(source, threads);
  try {
    return await use(engine);
  } finally {
    await engine.dispose();
  }
};

export const logitsOf = (
  form: Form,
  compression: Compression,
  examples: readonly Example[],
  onProgress?: ComputeOptions['onProgress'],
): Promise<Float32Array> =>
  withEngine(form, compression, (engine) =>
    computeLogits(engine, examples.map(textOf), { signal: compression.signal, onProgress }),
  );

export const score = async (
  form: Form,
  compression: Compression,
  onProgress?: ComputeOptions['onProgress'],
): Promise<Scored> => {
  const { examples, source } = compression;
  const logits = await logitsOf(form, compression, examples, onProgress);
  const { space, rule } = source.model;
  return { logits, figures: scoreLogits(logits, examples, space, rule).scores.figures };
};

export const measure = async (form: Form, compression: Compression, { figures }: Scored): Promise<FormMeasured> => ({
  form: form.form,
  figures,
  bytes: bytesOfWeights(form.source.weights, form.numbers?.precision === 'float16' ? 'float16' : undefined),
  ...(await withEngine(form, compression, (engine) =>
    measureForm(engine, compression.examples.map(textOf), { signal: compression.signal }),
  )),
});
