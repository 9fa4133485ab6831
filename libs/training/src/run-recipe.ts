import { readdir } from 'node:fs/promises';
import { invalidInput } from '@taxon/errors';
import { expectModelTarget } from '@taxon/models';
import { checkpointFolder, expectSameRun, findCheckpoint, removeCheckpoint } from './checkpoint.ts';
import { scoreFinal } from './final-scores.ts';
import { finishRun, saveState } from './finish-run.ts';
import { forgetEmptyPlan, isPlan, expectPlan, runPlan } from './plans/run-plan.ts';
import { readPlan, writePlan } from './plans/plan-folder.ts';
import { prepareRun } from './prepare-run.ts';
import type { TrainingResult } from './progress.ts';
import type { Recipe } from './recipe.ts';
import { createReporter, type Reporter } from './reporter.ts';
import type { RunOptions } from './run.ts';
import { trainOnce } from './train-once.ts';

/** A recipe of one training. */
const runOne = async (recipe: Recipe, options: RunOptions, reporter: Reporter): Promise<TrainingResult> => {
  const started = performance.now();
  const folder = checkpointFolder(recipe.output);
  const warn = (message: string): void => reporter.emit({ kind: 'notice', level: 'warning', message });
  const found = options.resume ? await findCheckpoint(folder, warn) : undefined;
  if (found !== undefined) expectSameRun(folder, found, { recipe });
  const read = await prepareRun(recipe, options, reporter);
  if (options.extend !== undefined && read.device !== 'cpu')
    throw invalidInput(
      `device: '${read.device}': a loss with terms from outside is computed on the processor alone`,
      'Leave device at auto.',
    );
  const extension = await options.extend?.(read);
  const prepared = extension?.prepared ?? read;
  const { data, parts, outOfScope } = prepared;
  return trainOnce(prepared, { recipe, data, parts, outOfScope, folder, found, extension }, async (run) => {
    reporter.stage('evaluate');
    const final = await scoreFinal(run);
    const result = await finishRun({ ...run, final, started }, (target, facts) =>
      saveState(target, run, prepared, final.rule, facts),
    );
    await run.checkpoints.remove();
    return result;
  });
};

/** A recipe of many trainings: folds, bags, trials of a search, sources. */
const runMany = async (recipe: Recipe, options: RunOptions, reporter: Reporter): Promise<TrainingResult> => {
  const started = performance.now();
  const folder = checkpointFolder(recipe.output);
  const known = options.resume ? await readPlan(folder) : undefined;
  if (known !== undefined) expectSameRun(folder, known, { recipe });
  const prepared = await prepareRun(recipe, options, reporter);
  const identity = { recipe, dataDigest: prepared.data.digest };
  if (known !== undefined) expectSameRun(folder, known, identity);
  else {
    await removeCheckpoint(folder);
    await writePlan(folder, identity);
  }
  try {
    return await runPlan(prepared, folder, started);
  } catch (error) {
    await forgetEmptyPlan(folder, await readdir(folder).catch(() => []));
    throw error;
  }
};

/** Names alone say too little for an encoder to be moved by them. */
const zeroShot = (recipe: Recipe): Recipe => ({ ...recipe, optimizer: { ...recipe.optimizer, epochs: 0 } });

/**
 * A recipe from its files to the model folder, in this process. Native calls block the event loop for as long as a step
 * takes: a service or a command line runs `runTrainingJob` instead.
 * @throws TaxonError; `cancelled` after an abort, with a checkpoint kept if training had begun
 */
export const runRecipe = async (asked: Recipe, options: RunOptions): Promise<TrainingResult> => {
  const recipe = asked.data.train === undefined ? zeroShot(asked) : asked;
  const reporter = createReporter(options.onEvent);
  await expectModelTarget(recipe.output);
  expectPlan(recipe);
  return isPlan(recipe) ? runMany(recipe, options, reporter) : runOne(recipe, options, reporter);
};
