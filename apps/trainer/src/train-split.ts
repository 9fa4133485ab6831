import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { EventBus } from '@taxon/events';
import { invalidInput } from '@taxon/errors';
import {
  checkpointFolder,
  planWaves,
  runTrainingJob,
  type Recipe,
  type TrainingJobOptions,
  type TrainingResult,
} from '@taxon/training';
import { runUnits } from '@taxon/work';
import { absolutePaths } from './confine-paths.ts';
import { trainingKind } from './training-kind.ts';

export interface TrainSplitOptions extends TrainingJobOptions {
  bus: EventBus;
  signal: AbortSignal;
  /** Trainings that others have done, and in all. */
  onPart?: (done: number, total: number) => void;
}

/** A folder's path is one from here; a name of the hub stays. */
const fromRoot = (recipe: Recipe): Recipe => ({
  ...absolutePaths(recipe),
  encoder: existsSync(recipe.encoder) ? resolve(recipe.encoder) : recipe.encoder,
});

/**
 * Has the trainings of a run done by whichever trainers take them from the bus, then ends the run here. All must see the recipe's files
 * and its output folder under the same paths. What is done stays: the same call goes on after it was stopped or killed.
 * @throws TaxonError `invalid_input` for a recipe of one training; as `runTrainingJob`
 */
export const trainSplit = async (
  asked: Recipe,
  { bus, onPart, ...options }: TrainSplitOptions,
): Promise<TrainingResult> => {
  const recipe = fromRoot(asked);
  const waves = planWaves(recipe);
  const total = waves.flat().length;
  if (total === 0)
    throw invalidInput(
      'the recipe has one training: there is nothing to split',
      'Ask for several: folds, bagging or search.trials.',
    );
  const isDone = (part: string): boolean => existsSync(join(checkpointFolder(recipe.output), part, 'result.json'));
  let done = waves.flat().filter(isDone).length;
  onPart?.(done, total);
  const common = { bus, kind: trainingKind, startedAt: new Date(), source: '/cli', signal: options.signal };
  for (const wave of waves)
    await runUnits({
      ...{ ...common, runId: randomUUID(), window: wave.length },
      units: wave.filter((part) => !isDone(part)).map((part) => ({ name: part, payload: { recipe, part } })),
      total: wave.length,
      onResult: () => onPart?.(++done, total),
    });
  return runTrainingJob(recipe, { ...options, resume: true });
};
