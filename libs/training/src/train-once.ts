import { countOutputs } from '@taxon/models';
import { startAveraging } from './averaging.ts';
import { createCheckpoints, expectSameRun, removeCheckpoint, restore, type Generation } from './checkpoint.ts';
import { describeLearning } from './choose-learning.ts';
import { createObjective } from './create-objective.ts';
import { createForwardFor } from './device.ts';
import type { Extension } from './extra-loss.ts';
import type { Evaluation, FitProgress } from './fit.ts';
import type { TokenizedTexts } from './forward-pass.ts';
import type { SolvedHeads } from './initial-head.ts';
import { createInitialState } from './load-state.ts';
import { logFolder, openRunLog } from './logging/run-log.ts';
import { adaptEncoder } from './masked-language/adapt-encoder.ts';
import { microBatches } from './micro-batch.ts';
import type { PreparedData } from './prepare-data.ts';
import type { PreparedRun } from './prepare-run.ts';
import type { Recipe } from './recipe.ts';
import type { Run } from './run.ts';
import { packShape, type Parts } from './tokenize-parts.ts';
import { trainModel } from './train-model.ts';

/** One training of a run: what it learns from, and where it is kept while it is unfinished. */
export interface Training {
  recipe: Recipe;
  data: PreparedData;
  parts: Parts;
  outOfScope?: TokenizedTexts;
  /** Of its checkpoints. */
  folder: string;
  /** The generation that it goes on from. */
  found?: Generation;
  /** Asked after every evaluation; false ends the training there. */
  goesOn?: (evaluation: Evaluation) => boolean;
  /** Solved heads that trainings share. */
  heads?: SolvedHeads;
  /** What is added to the recipe from outside. */
  extension?: Extension;
}

/** A run whose state holds its best weights. */
export interface TrainedRun extends Run {
  progress: FitProgress;
}

/** Gives `use` a state at its start, or where its checkpoint was, with all that training and scoring it needs. */
export const withRun = async <Result>(
  prepared: PreparedRun,
  training: Training,
  use: (run: Run) => Promise<Result>,
): Promise<Result> => {
  const { prompt, device, session, reporter, options } = prepared;
  const { recipe, data, parts, outOfScope, folder, found } = training;
  const { space } = data;
  const objective = createObjective(recipe, space, data.trainLabels);
  const state = await createInitialState(recipe, await prepared.takeEncoder(), countOutputs(space), device);
  const message = describeLearning(state);
  if (message !== undefined) reporter.emit({ kind: 'notice', level: 'info', message });
  const identity = { recipe, dataDigest: data.digest };
  if (found === undefined) await removeCheckpoint(folder);
  else expectSameRun(folder, found, identity);
  startAveraging(state, recipe);
  const resumed = found && (await restore(folder, found, state));
  const checkpoints = createCheckpoints(folder, identity, found);
  // Of all texts of the run, so that its trainings share their programs.
  const all = { ...prepared.parts, ...(prepared.outOfScope && { outOfScope: prepared.outOfScope }) };
  const shape = packShape(all, microBatches(recipe, device).tokens);
  const forward = await createForwardFor(device, state, shape, session, { precision: state.precision });
  try {
    const log = await openRunLog({
      ...{ recipe, space, reporter, folder: logFolder(folder) },
      validationTexts: data.validation.length,
      ...(resumed && { resumed, resumedAfter: state.step }),
    });
    const held = { recipe, data, space, parts, outOfScope, state, objective, shape, device, session, forward, prompt };
    const { goesOn, heads, extension } = training;
    return await use({ ...held, reporter, log, options, checkpoints, resumed, goesOn, heads, extension });
  } finally {
    await forward.dispose();
  }
};

/** Trains from the encoder or from a checkpoint, and gives `use` what came of it. */
export const trainOnce = <Result>(
  prepared: PreparedRun,
  training: Training,
  use: (run: TrainedRun) => Promise<Result>,
): Promise<Result> =>
  withRun(prepared, training, async (run) => {
    const { recipe, data, parts, prompt, session, reporter, options } = run;
    const { encoderFolder, tokenizer, maxLength } = prepared;
    if (run.resumed === undefined)
      await adaptEncoder(run.state, {
        ...{ recipe, encoderFolder, tokenizer, examples: data.train, train: parts.train },
        ...{ prompt, maxLength, session, signal: options.signal, reporter },
      });
    const progress = await trainModel(run);
    return use({ ...run, progress });
  });
