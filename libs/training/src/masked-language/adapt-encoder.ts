import type { SessionOptions } from '@taxon/compute';
import { readTexts, type Example } from '@taxon/data';
import { encoderShapes, freshMaskedLanguageHead, readMaskedLanguageHead, transformShapes, wordRows, type Prompt } from '@taxon/models'; // prettier-ignore
import { chooseRowLength, frameIds, type Tokenizer } from '@taxon/text';
import type { TokenizedTexts } from '../forward-pass.ts';
import { microBatches } from '../micro-batch.ts';
import { createModelState, weightsOf, type ModelState } from '../model-state.ts';
import type { Recipe } from '../recipe.ts';
import type { Reporter } from '../reporter.ts';
import { trainMaskedLanguage } from './train-masked-language.ts';
import { maskingVocabulary } from './vocabulary.ts';

export interface AdaptOptions {
  recipe: Recipe;
  encoderFolder: string;
  tokenizer: Tokenizer;
  /** The training part: what is learnt from where no other texts are named, … */
  examples: readonly Example[];
  /** … and the same as the model will read it. */
  train: TokenizedTexts;
  prompt: Prompt | undefined;
  maxLength: number;
  session: SessionOptions;
  signal: AbortSignal;
  reporter: Reporter;
}

/** Long texts become several: nothing is cut off. */
export const inPieces = (ids: Int32Array, { before, after }: ReturnType<typeof frameIds>, maxLength: number) => {
  const room = maxLength - before.length - after.length;
  return Array.from({ length: Math.ceil(ids.length / room) }, (_, i) =>
    Int32Array.from([...before, ...ids.subarray(i * room, (i + 1) * room), ...after]),
  );
};

/** Texts between two looks at the signal. */
const chunk = 512;

const unlabelledTexts = async (options: AdaptOptions): Promise<TokenizedTexts> => {
  const { recipe, tokenizer, train, maxLength, signal, reporter } = options;
  const { texts: files, textColumn } = recipe.adaptation;
  if (files.length === 0 && options.prompt === undefined) return train;
  const frame = frameIds(tokenizer);
  const ids: Int32Array[] = [];
  const add = (texts: readonly string[]): void => {
    for (const [i, text] of texts.entries()) {
      if (i % chunk === 0) signal.throwIfAborted();
      ids.push(...inPieces(tokenizer.encode(text, { specialTokens: false }), frame, maxLength));
    }
  };
  // Without the prompt around them, which would be learnt first.
  if (files.length === 0)
    add(options.examples.flatMap(({ text, pair }) => (pair === undefined ? [text] : [text, pair])));
  for (const path of files) {
    const { texts, notes } = await readTexts(path, { textColumn, signal });
    for (const { level, message } of notes) reporter.emit({ kind: 'notice', level, message });
    add(texts.map(({ text }) => text));
  }
  return { ids, padId: tokenizer.padId };
};

/** Whether every part of the encoder has moments: not where layers are frozen, or low-rank matrices learn in their stead. */
const learnsWhole = ({ memory, tables, encoder }: ModelState): boolean =>
  Object.keys(encoderShapes(encoder)).every((name) => memory.tensors[name]!.m.length > 0) &&
  Object.values(tables).every(({ m }) => m.length > 0);

const copyEncoder = (from: ModelState, to: ModelState): void => {
  for (const name of Object.keys(encoderShapes(from.encoder)))
    to.memory.tensors[name]!.value.set(from.memory.tensors[name]!.value);
  for (const name of ['words', 'positions', 'types'] as const) to.tables[name].values.set(from.tables[name].values);
};

/** Adapts; the masked-language head that came out of it. */
const adapt = async (
  state: ModelState,
  head: Record<string, Float32Array>,
  options: AdaptOptions,
): Promise<Record<string, Float32Array>> => {
  const { recipe, tokenizer, encoderFolder, session, signal, reporter } = options;
  reporter.stage('adapt');
  const texts = await unlabelledTexts(options);
  const { tokens, batchesPerUpdate } = microBatches(recipe, 'cpu');
  const length = chooseRowLength(texts.ids.reduce((most, ids) => Math.max(most, ids.length), 1));
  const shape = { length, rows: Math.max(1, Math.ceil(tokens / length)), slots: Math.floor(length / 4) };
  const started = performance.now();
  let [read, smooth] = [0, NaN];
  const { optimizer, adaptation, seed, precision } = recipe;
  // All of it is to be adapted, whatever the run's own training leaves as it is.
  const whole = learnsWhole(state) ? state : createModelState(weightsOf(state), state.encoder, state.head);
  const result = await trainMaskedLanguage(whole, texts, {
    ...optimizer,
    ...adaptation,
    adamw: optimizer,
    layerDecay: 1, // of words, every layer has to learn
    head,
    vocabulary: maskingVocabulary(tokenizer, encoderFolder),
    shape,
    batchesPerUpdate,
    seed,
    exact: precision !== 'int8' || whole !== state,
    session,
    signal,
    onStep({ loss, learningRate, epoch }, count, done, total) {
      read += count;
      smooth = Number.isNaN(smooth) ? loss : 0.95 * smooth + 0.05 * loss;
      const tokensPerSecond = (1000 * read) / (performance.now() - started);
      reporter.progress('steps', done, total, { loss: smooth, learningRate, epoch, tokensPerSecond });
    },
  });
  if (whole !== state) copyEncoder(whole, state);
  return result.head;
};

/**
 * What happens to the encoder before it sees a label: it is adapted to unlabelled texts where the recipe says so, and the head
 * of a prompt begins as what the masked-language head makes of the labels' words. Always on the processor.
 * @throws TaxonError; the signal's reason when it aborts: the run then begins anew
 */
export const adaptEncoder = async (state: ModelState, options: AdaptOptions): Promise<void> => {
  const { recipe, encoderFolder, tokenizer, prompt } = options;
  const { epochs } = recipe.adaptation;
  if (epochs === 0 && prompt === undefined) return;
  let head = await readMaskedLanguageHead(encoderFolder, state.encoder);
  if (head === undefined && prompt !== undefined)
    options.reporter.emit({
      kind: 'notice',
      level: 'warning',
      message: `${encoderFolder} has no masked-language head: the prompt begins without one (adaptation.epochs trains one)`,
    });
  head ??= freshMaskedLanguageHead(state.encoder);
  if (epochs > 0) head = await adapt(state, head, options);
  if (prompt === undefined) return;
  const words = wordRows(tokenizer, prompt.words, state.tables.words.values, head['predictions.bias']!);
  const values = { ...head, 'classifier.weight': words.weight, 'classifier.bias': words.bias };
  const names = [
    ...Object.keys(transformShapes(state.encoder)),
    'classifier.weight',
    'classifier.bias',
  ] as (keyof typeof values)[];
  for (const name of names) state.memory.tensors[name]!.value.set(values[name]!);
};
