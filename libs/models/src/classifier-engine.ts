import { createSession, type FeedTensor } from '@taxon/compute';
import type { LabelSpace } from '@taxon/data';
import { TaxonError, invalidInput } from '@taxon/errors';
import { loadTokenizer, type Tokenizer } from '@taxon/text';
import { readModelSource } from './describe-model-folder.ts';
import { plainWeights, type ServedWeights } from './int8-matrix.ts';
import { readServedWeights } from './load-model-folder.ts';
import type { DecisionRule } from './decision.ts';
import { inputEncoder, type EncodedInput } from './encode-input.ts';
import type { TextInput } from './text-input.ts';
import type { HeadConfig } from './head.ts';
import type { ModelDescription, ModelFolder } from './model-folder.ts';
import { createServingProgram, createWatchingProgram, poolRows } from './row-program.ts';
import { shareRows } from './share-rows.ts';

export type ClassifierModel = ModelDescription & { head: HeadConfig; space: LabelSpace; rule: DecisionRule };

/** A loaded classifier that computes on the thread that calls it. */
export interface ClassifierEngine {
  readonly model: ClassifierModel;
  /** @throws TaxonError `invalid_input` for a pair that the model was not made for */
  encode(input: TextInput): EncodedInput;
  /**
   * Computes one batch of the given texts: the first one and those of like length.
   * @param lengths are all within 1..maxLength
   * @returns for each text its logits [classes], or undefined where it is of another length
   */
  run(texts: readonly EncodedInput[]): Promise<(Float32Array | undefined)[]>;
  dispose(): Promise<void>;
}

/** Positions of a batch. More fill the caches and gain nothing: 1,024 is fastest on 2 cores (512 to 4,096 tried). */
export const tokenBudget = 1024;

/** Fewest positions of a row: a single one would be multiplied by another routine. */
const shortestRow = 2;

const expectClassifier = (description: ModelDescription): ClassifierModel => {
  const { folder, head, space, rule = {} } = description;
  if (!head || !space)
    throw invalidInput(
      `${folder} is an encoder without a classifier`,
      'Train one from it: taxon train data.csv --encoder FOLDER --out MODEL',
    );
  return { ...description, head, space, rule };
};

const expectVocabulary = ({ vocabularySize }: Tokenizer, { encoderFolder, encoder }: ModelDescription): void => {
  if (vocabularySize > encoder.vocabulary)
    throw invalidInput(
      `${encoderFolder}/tokenizer.json has ${vocabularySize} tokens; config.json says vocab_size ${encoder.vocabulary}`,
    );
};

/** The inputs of one run: a text a row. */
const feedsOf = (
  texts: readonly EncodedInput[],
  { head, prompt }: ClassifierModel,
  padId: number,
  types: boolean,
): Record<string, FeedTensor> => {
  const rows = texts.length;
  const length = Math.max(shortestRow, ...texts.map(({ ids }) => ids.length));
  const shape = [rows, length];
  const ids = new Int32Array(rows * length).fill(padId);
  const mask = new Int32Array(rows * length);
  const tokenTypes = new Int32Array(types ? rows * length : 0);
  const pool = new Float32Array(rows * poolRows * length);
  texts.forEach(({ ids: own, types: ownTypes }, row) => {
    ids.set(own, row * length);
    mask.fill(1, row * length, row * length + own.length);
    if (types && ownTypes) tokenTypes.set(ownTypes, row * length);
    const at = row * poolRows * length;
    if (head.pooling === 'mean') pool.fill(1 / own.length, at, at + own.length);
    else pool[at + (head.pooling === 'mask' ? Math.max(0, own.indexOf(prompt!.maskId)) : 0)] = 1;
  });
  return {
    ids: { data: ids, shape },
    mask: { data: mask, shape },
    ordinals: { data: Int32Array.from({ length }, (_, i) => i), shape: [length] },
    ...(types ? { tokenTypes: { data: tokenTypes, shape } } : {}),
    pool: { data: pool, shape: [rows, poolRows, length] },
  };
};

/** A classifier whose numbers are at hand. */
export const createEngine = async (
  { model, weights, tokenizer }: EngineSource,
  threads: number,
): Promise<ClassifierEngine> => {
  const { head, encoder } = model;
  const types = model.pairs !== false;
  const session = await createSession(createServingProgram({ encoder, head, types }, weights), { threads });
  const { classes } = head;
  return {
    model,
    encode: inputEncoder(tokenizer, model),
    async run(texts) {
      if (texts.length === 0) return [];
      const chosen = shareRows(texts.map(({ ids }) => ids.length));
      const feeds = feedsOf(
        chosen.map((text) => texts[text]!),
        model,
        tokenizer.padId,
        types,
      );
      const logits = (await session.run(feeds)).logits?.data;
      if (!(logits instanceof Float32Array))
        throw new TaxonError({ code: 'internal', message: 'the program returned no logits' });
      const answers: (Float32Array | undefined)[] = Array.from({ length: texts.length });
      chosen.forEach((text, row) => {
        const at = row * poolRows * classes;
        answers[text] = logits.subarray(at, at + classes);
      });
      return answers;
    },
    dispose: () => session.dispose(),
  };
};

/** A model, its numbers and its tokenizer, as engines are made of. */
export interface EngineSource {
  model: ClassifierModel;
  weights: ServedWeights;
  tokenizer: Tokenizer;
}

/**
 * Runs a model over texts, one by one, and tells what goes into each product of its layers.
 * @param see unit (`matrixUnits`), and the inputs of its matrices, of all tokens of a text
 */
export const watchProducts = async (
  { model, weights, tokenizer }: EngineSource,
  texts: readonly TextInput[],
  see: (unit: string, values: Float32Array) => void,
  { threads = 0, signal }: { threads?: number; signal?: AbortSignal } = {},
): Promise<void> => {
  const { head, encoder } = model;
  const types = model.pairs !== false;
  const encode = inputEncoder(tokenizer, model);
  const session = await createSession(createWatchingProgram({ encoder, head, types }, weights), { threads });
  try {
    for (const text of texts) {
      signal?.throwIfAborted();
      const outputs = await session.run(feedsOf([encode(text)], model, tokenizer.padId, types));
      for (const [unit, { data }] of Object.entries(outputs)) see(unit, data as Float32Array);
    }
  } finally {
    await session.dispose();
  }
};

const withTokenizer = async (model: ClassifierModel, reading: Promise<ServedWeights>): Promise<EngineSource> => {
  const [weights, tokenizer] = await Promise.all([reading, loadTokenizer(model.encoderFolder)]);
  expectVocabulary(tokenizer, model);
  return { model, weights, tokenizer };
};

/**
 * What an engine is made of, from a model that was read, all of it float.
 * @throws TaxonError `invalid_input` for an encoder without a classifier
 */
export const engineSourceOf = ({ weights, ...description }: ModelFolder): Promise<EngineSource> =>
  withTokenizer(expectClassifier(description), Promise.resolve(plainWeights(weights)));

/** @throws TaxonError `not_found` or `invalid_input` naming the file and what is wrong with it */
export const loadModelEngine = async (folder: string, threads: number): Promise<ClassifierEngine> => {
  const source = await readModelSource(folder);
  return createEngine(await withTokenizer(expectClassifier(source.description), readServedWeights(source)), threads);
};
