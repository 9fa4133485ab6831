import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
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
  /** @default `runTrainingPartJob` */
  train?: typeof runTrainingPartJob;
}

/**
 * Does trainings of runs that were split, one at a time; trainers share them. They are taken only while nothing of this process's own
 * runs or waits: a unit that would wait for hours here is soon done by another trainer.
 */
export const takeWork = (options: TakeWorkOptions): { close(): Promise<void> } => {
  const { bus, folders, log, queue = processQueue, train = runTrainingPartJob } = options;
  let under = 0;
  let holds = false;
  const isFree = (): boolean => queue.length === under;
  const inQueue = (output: string, run: () => Promise<void>): Promise<void> =>
    new Promise((resolve, reject) => {
      under++;
      queue.add({ id: randomUUID(), output, noun: 'training', run: () => run().then(resolve, reject) });
    });
  const worker = workerOf(trainingKind, async ({ recipe: asked, part }, { signal }) => {
    const recipe = confinePaths(parseRecipe(asked), folders);
    // It came while the subscription closes, or makes it close: given back, it counts as no failure.
    if (!isFree() && !signal.aborted) {
      settle();
      await once(signal, 'abort');
    }
    signal.throwIfAborted();
    holds = true;
    const run = (): Promise<void> => train(recipe, part, { signal, patience });
    await inQueue(join(checkpointFolder(recipe.output), part), run).finally(() => under--);
    signal.throwIfAborted();
    return { part };
  });

  const handle = workHandler({ bus, workers: [worker], source: '/trainer' });
  let subscription: Subscription | undefined;
  let closed = false;
  let settled = Promise.resolve();
  const look = async (): Promise<void> => {
    if (closed || (!isFree() && !holds)) {
      const open = subscription;
      subscription = undefined;
      await open?.close();
    } else if (subscription === undefined && isFree())
      subscription = bus.subscribe({
        group: workGroup(trainingKind.name),
        handlers: {
          // Until its result is told, a unit is held, whatever comes meanwhile.
          'taxon.work.requested': (event, delivery) =>
            handle(event, delivery).finally(() => {
              holds = false;
              settle();
            }),
        },
        onError: (error) => log.warn({ err: error }, 'trainings that were split'),
      });
  };
  /** Takes part or not, as the queue is; a unit under way is done first. */
  const settle = (): void => {
    settled = settled.then(look).catch((error: unknown) => log.warn({ err: error }, 'trainings that were split'));
  };
  const unwatch = queue.watch(settle);
  settle();
  return {
    close: async () => {
      closed = true;
      unwatch();
      settle();
      await settled;
    },
  };
};
