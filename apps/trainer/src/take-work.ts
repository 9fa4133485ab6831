import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import type { EventBus, Subscription } from '@taxon/events';
import { patience, processQueue, type JobQueue } from '@taxon/jobs';
import { checkpointFolder, parseRecipe, runTrainingPartJob } from '@taxon/training';
import { workerOf, workGroup, workHandler } from '@taxon/work';
import type { Logger } from 'pino';
import { confinePaths, type AllowedFolders } from './confine-paths.ts';
import { trainingKind } from './training-kind.ts';

export interface TakeWorkOptions {
  bus: EventBus;
  folders: AllowedFolders;
  log: Logger;
  queue?: JobQueue;
}

/** Does trainings of runs that were split; trainers share them. One at a time, in turn with this process's own jobs. */
export const takeWork = ({ bus, folders, log, queue = processQueue }: TakeWorkOptions): Subscription => {
  const inTurn = (output: string, run: () => Promise<void>): Promise<void> =>
    new Promise((resolve, reject) => {
      queue.add({ id: randomUUID(), output, noun: 'training', run: () => run().then(resolve, reject) });
    });
  const train = workerOf(trainingKind, async ({ recipe: asked, part }, { signal }) => {
    const recipe = confinePaths(parseRecipe(asked), folders);
    await inTurn(join(checkpointFolder(recipe.output), part), () =>
      signal.aborted ? Promise.resolve() : runTrainingPartJob(recipe, part, { signal, patience }),
    );
    signal.throwIfAborted();
    return { part };
  });
  return bus.subscribe({
    group: workGroup(trainingKind.name),
    handlers: { 'taxon.work.requested': workHandler({ bus, workers: [train], source: '/trainer' }) },
    onError: (error) => log.warn({ err: error }, 'trainings that were split'),
  });
};
