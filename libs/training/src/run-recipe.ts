import { countOutputs, expectModelTarget, inputEncoder } from '@taxon/models';
import { loadTokenizer } from '@taxon/text';
import {
  checkpointFolder,
  createCheckpoints,
  expectSameRun,
  findCheckpoint,
  removeCheckpoint,
  restore,
} from './checkpoint.ts';
import { chooseLearning, describeLearning } from './choose-learning.ts';
import { expectAbstainable } from './abstain.ts';
import { startAveraging } from './averaging.ts';
import { expectTechniques } from './expect-techniques.ts';
import { groupLabels } from './group-labels.ts';
import { readOutOfScope } from './read-out-of-scope.ts';
import { chooseHalf } from './choose-precision.ts';
import { createObjective } from './create-objective.ts';
import { chooseDevice, createForwardFor, openDevice } from './device.ts';
import { scoreFinal } from './final-scores.ts';
import { finishRun } from './finish-run.ts';
import { createInitialState, loadEncoder } from './load-state.ts';
import { microBatches } from './micro-batch.ts';
import { logFolder, openRunLog } from './logging/run-log.ts';
import { expectWandb } from './logging/wandb.ts';
import { adaptEncoder } from './masked-language/adapt-encoder.ts';
import { createPrompt } from './create-prompt.ts';
import { prepareData } from './prepare-data.ts';
import type { TrainingResult } from './progress.ts';
import type { Recipe } from './recipe.ts';
import { createReporter } from './reporter.ts';
import { sessionOptions, type Run, type RunOptions } from './run.ts';
import { packShape, reportTruncation, tokenizeParts } from './tokenize-parts.ts';
import { trainModel } from './train-model.ts';

/**
 * A recipe from its files to the model folder, in this process. Native calls block the event loop for as long as a step
 * takes: a service or a command line runs `runTrainingJob` instead.
 * @throws TaxonError; `cancelled` after an abort, with a checkpoint kept if training had begun
 */
export const runRecipe = async (recipe: Recipe, options: RunOptions): Promise<TrainingResult> => {
  const started = performance.now();
  const { signal } = options;
  const reporter = createReporter(options.onEvent);
  const folder = checkpointFolder(recipe.output);
  await expectModelTarget(recipe.output);
  const warn = (message: string): void => reporter.emit({ kind: 'notice', level: 'warning', message });
  const found = options.resume ? await findCheckpoint(folder, warn) : undefined;
  if (found !== undefined) expectSameRun(folder, found, { recipe });

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
  const source = await loadEncoder(recipe, signal, reporter);
  const { encoder, encoderFolder } = source;
  const tokenizer = await loadTokenizer(encoderFolder);
  const maxLength = Math.min(recipe.maxLength, encoder.positions);
  const pairs = recipe.data.pairColumn !== undefined;
  if (recipe.hierarchy?.groups !== undefined) {
    const encode = inputEncoder(tokenizer, { folder: encoderFolder, encoder, maxLength, pairs });
    const plain = tokenizeParts(data, { encode, padId: tokenizer.padId }, signal, reporter);
    const plainShape = packShape(plain, microBatches(recipe, device).tokens);
    const found = { recipe, data, source, train: plain.train, shape: plainShape };
    data = await groupLabels({ ...found, device, session, signal, reporter });
  }
  const { space } = data;
  expectAbstainable(recipe, space);
  const objective = createObjective(recipe, space, data.trainLabels);
  const state = await createInitialState(recipe, source, countOutputs(space), device);
  const message = describeLearning(state);
  if (message !== undefined) reporter.emit({ kind: 'notice', level: 'info', message });
  const identity = { recipe, dataDigest: data.digest };
  if (found === undefined) await removeCheckpoint(folder);
  else expectSameRun(folder, found, identity);
  startAveraging(state, recipe);
  const resumed = found && (await restore(folder, found, state));
  const checkpoints = createCheckpoints(folder, identity, found);
  const prompt = createPrompt(recipe, space, tokenizer);
  const encode = inputEncoder(tokenizer, { folder: encoderFolder, encoder, maxLength, pairs, prompt });
  const reader = { encode, padId: tokenizer.padId, maskId: prompt?.maskId };
  const parts = tokenizeParts(data, reader, signal, reporter);
  reportTruncation(parts, maxLength, reporter);
  const outOfScope = await readOutOfScope(recipe, reader, signal);
  const all = { ...parts, ...(outOfScope && { outOfScope }) };
  const shape = packShape(all, microBatches(recipe, device).tokens);
  if (resumed === undefined)
    await adaptEncoder(state, {
      recipe,
      encoderFolder,
      tokenizer,
      examples: data.train,
      train: parts.train,
      prompt,
      maxLength,
      session,
      signal,
      reporter,
    });
  const forward = await createForwardFor(device, state, shape, session, { precision: state.precision });
  const log = await openRunLog({
    ...{ recipe, space, reporter, folder: logFolder(folder) },
    validationTexts: data.validation.length,
    ...(resumed && { resumed, resumedAfter: state.step }),
  });
  const held = { recipe, data, space, parts, outOfScope, state, objective, shape, device, session, forward, prompt };
  const run: Run = { ...held, reporter, log, options, checkpoints, resumed };
  try {
    const progress = await trainModel(run);
    reporter.stage('evaluate');
    const final = await scoreFinal(run);
    const result = await finishRun({ ...run, encoderFolder, maxLength, progress, final, started });
    await checkpoints.remove();
    return result;
  } finally {
    await forward.dispose();
  }
};
