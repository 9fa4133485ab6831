import type { SessionOptions } from '@taxon/compute';
import { inputEncoder, loadModelFolder, type ModelFolder, type Prompt } from '@taxon/models';
import { loadTokenizer, type Tokenizer } from '@taxon/text';
import { expectAbstainable } from './abstain.ts';
import { chooseLearning } from './choose-learning.ts';
import { chooseHalf } from './choose-precision.ts';
import { createPrompt } from './create-prompt.ts';
import { chooseDevice, openDevice, type Device } from './device.ts';
import { expectTechniques } from './expect-techniques.ts';
import type { TokenizedTexts } from './forward-pass.ts';
import { groupLabels } from './group-labels.ts';
import { loadEncoder } from './load-state.ts';
import { expectWandb } from './logging/wandb.ts';
import { microBatches } from './micro-batch.ts';
import { expectNamedStart } from './name-head.ts';
import { prepareData, type PreparedData } from './prepare-data.ts';
import { readOutOfScope } from './read-out-of-scope.ts';
import type { Recipe } from './recipe.ts';
import type { Reporter } from './reporter.ts';
import { sessionOptions, type RunOptions } from './run.ts';
import { packShape, reportTruncation, tokenizeParts, type Parts } from './tokenize-parts.ts';

/** What all trainings of a run share: nothing in it is changed by one. */
export interface PreparedRun {
  recipe: Recipe;
  data: PreparedData;
  parts: Parts;
  /** Texts that no label fits, where the recipe names some. */
  outOfScope: TokenizedTexts | undefined;
  prompt: Prompt | undefined;
  device: Device;
  session: SessionOptions;
  tokenizer: Tokenizer;
  /** Where the tokenizer lies. */
  encoderFolder: string;
  maxLength: number;
  /** The encoder with its weights, which become the caller's. */
  takeEncoder: () => Promise<ModelFolder>;
  reporter: Reporter;
  options: RunOptions;
}

/** Reads, loads and tokenizes what a recipe names, and opens its device. */
export const prepareRun = async (recipe: Recipe, options: RunOptions, reporter: Reporter): Promise<PreparedRun> => {
  const { signal } = options;
  const session = sessionOptions(recipe);
  const device = chooseDevice(recipe);
  chooseHalf(recipe, device); // before anything is read
  chooseLearning(recipe, device);
  expectTechniques(recipe, device);
  await openDevice(device, { threads: session.threads, exact: recipe.precision === 'fp32' });
  if (recipe.logging.wandb !== undefined) await expectWandb(signal);

  reporter.stage('read');
  let data = await prepareData(recipe, signal);
  for (const { level, message } of data.notes) reporter.emit({ kind: 'notice', level, message });
  let source: ModelFolder | undefined = await loadEncoder(recipe, signal, reporter);
  const { encoder, encoderFolder, folder } = source;
  const tokenizer = await loadTokenizer(encoderFolder);
  const maxLength = Math.min(recipe.maxLength, encoder.positions);
  const pairs = recipe.data.pairColumn !== undefined;
  if (recipe.hierarchy?.groups !== undefined) {
    const encode = inputEncoder(tokenizer, { folder: encoderFolder, encoder, maxLength, pairs });
    const plain = tokenizeParts(data, { encode, padId: tokenizer.padId }, signal, reporter);
    const shape = packShape(plain, microBatches(recipe, device).tokens);
    data = await groupLabels({ recipe, data, source, train: plain.train, shape, device, session, signal, reporter });
    source = undefined; // it was given a head, and every training is to begin with the same
  }
  expectAbstainable(recipe, data.space);
  expectNamedStart(recipe, data.space);
  const prompt = createPrompt(recipe, data.space, tokenizer);
  const encode = inputEncoder(tokenizer, { folder: encoderFolder, encoder, maxLength, pairs, prompt });
  const reader = { encode, padId: tokenizer.padId, maskId: prompt?.maskId };
  const parts = tokenizeParts(data, reader, signal, reporter);
  reportTruncation(parts, maxLength, reporter);
  const outOfScope = await readOutOfScope(recipe, reader, signal);
  const takeEncoder = async (): Promise<ModelFolder> => {
    // A training changes the weights that it is given, and what nobody holds can be freed: the next one reads them again.
    const loaded = source;
    source = undefined;
    return loaded ?? loadModelFolder(folder, { signal });
  };
  const shared = { recipe, data, parts, outOfScope, prompt, device, session, tokenizer, encoderFolder, maxLength };
  return { ...shared, takeEncoder, reporter, options };
};
