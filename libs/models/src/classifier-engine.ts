import { createSession } from '@taxon/compute';
import type { LabelSpace } from '@taxon/data';
import { TaxonError, invalidInput } from '@taxon/errors';
import { chooseRowLength, fillBatch, loadTokenizer, planBatches, type PackShape, type Tokenizer } from '@taxon/text';
import { bindWeights } from './bind-weights.ts';
import { readModelSource } from './describe-model-folder.ts';
import { readWeights } from './load-model-folder.ts';
import type { DecisionRule } from './decision.ts';
import { inputEncoder, type EncodedInput } from './encode-input.ts';
import type { TextInput } from './text-input.ts';
import type { HeadConfig } from './head.ts';
import type { ModelDescription } from './model-folder.ts';
import { traceServingProgram } from './serving-program.ts';

export type ClassifierModel = ModelDescription & { head: HeadConfig; space: LabelSpace; rule: DecisionRule };

/** A loaded classifier that computes on the thread that calls it. */
export interface ClassifierEngine {
  readonly model: ClassifierModel;
  /** @throws TaxonError `invalid_input` for a pair that the model was not made for */
  encode(input: TextInput): EncodedInput;
  /**
   * Computes one batch of the given texts: of those whose order leaves room, the first ones.
   * @param lengths are all within 1..maxLength
   * @returns for each text its logits [classes], or undefined where the batch had no room for it
   */
  run(texts: readonly EncodedInput[]): Promise<(Float32Array | undefined)[]>;
  dispose(): Promise<void>;
}

/** Positions of a batch. More fill the caches and gain nothing: 1,024 is fastest on 2 cores (512 to 4,096 tried). */
export const tokenBudget = 1024;

const roundUp = (value: number, step: number): number => Math.ceil(value / step) * step;

/**
 * The smallest shape that holds the texts. Sizes are rounded: ONNX Runtime keeps an allocation plan for every shape that
 * it meets, and there must not be thousands.
 */
export const chooseShape = (lengths: readonly number[]): PackShape => {
  const total = lengths.reduce((a, b) => a + b, 0);
  const longest = Math.max(...lengths);
  const onlyRow = roundUp(total, 8);
  if (lengths.length === 1 || onlyRow <= 64) return { rows: 1, length: onlyRow, slots: lengths.length };
  const length = chooseRowLength(longest);
  return { rows: Math.max(1, Math.floor(tokenBudget / length)), length, slots: length };
};

const powerOfTwo = (value: number): number => 2 ** Math.ceil(Math.log2(value));

/** Rows and slots that a plan really uses. */
export const trim = (rowOf: readonly number[], shape: PackShape): PackShape => {
  const counts = new Int32Array(shape.rows);
  for (const row of rowOf) counts[row]! += 1;
  const rows = Math.max(...rowOf) + 1;
  return {
    rows: rows <= 4 ? rows : Math.min(shape.rows, roundUp(rows, 4)),
    length: shape.length,
    slots: powerOfTwo(Math.max(...counts)),
  };
};

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

const loadSession = async (folder: string, threads: number) => {
  const source = await readModelSource(folder);
  const model = expectClassifier(source.description);
  const reading = readWeights(source);
  const program = traceServingProgram(model.encoder, model.head);
  bindWeights(program, await reading);
  return { model, session: await createSession(program, { threads }) };
};

/** @throws TaxonError `not_found` or `invalid_input` naming the file and what is wrong with it */
export const loadModelEngine = async (folder: string, threads: number): Promise<ClassifierEngine> => {
  const { model, session } = await loadSession(folder, threads);
  const tokenizer = await loadTokenizer(model.encoderFolder);
  expectVocabulary(tokenizer, model);
  const { pooling } = model.head;
  const { classes } = model.head;
  return {
    model,
    encode: inputEncoder(tokenizer, model),
    async run(texts) {
      const lengths = texts.map(({ ids }) => ids.length);
      const roomy = chooseShape(lengths);
      const [plan] = planBatches(lengths, lengths.keys(), roomy);
      if (!plan) return [];
      const shape = trim(plan.rows, roomy);
      const fill = {
        pooling,
        padId: tokenizer.padId,
        maskId: model.prompt?.maskId,
        types: (text: number) => texts[text]!.types,
      };
      const batch = fillBatch(plan, (text) => texts[text]!.ids, shape, fill);
      const { rows, length, slots } = shape;
      const outputs = await session.run({
        ids: { data: batch.ids, shape: [length, rows] },
        ordinals: { data: batch.positions, shape: [length, rows] },
        tokenTypes: { data: batch.types!, shape: [length, rows] },
        segments: { data: batch.segments, shape: [rows, length] },
        pool: { data: batch.pool, shape: [rows, slots, length] },
      });
      const logits = outputs.logits?.data;
      if (!(logits instanceof Float32Array))
        throw new TaxonError({ code: 'internal', message: 'the program returned no logits' });
      const answers: (Float32Array | undefined)[] = Array.from({ length: texts.length });
      batch.texts.forEach((text, i) => {
        const slot = batch.slots[i]!;
        answers[text] = logits.subarray(slot * classes, (slot + 1) * classes);
      });
      return answers;
    },
    dispose: () => session.dispose(),
  };
};
