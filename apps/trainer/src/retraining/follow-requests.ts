import { join } from 'node:path';
import type { EventBus } from '@taxon/events';
import { TaxonError } from '@taxon/errors';
import { openPlace, openRegistry } from '@taxon/registry';
import type { Logger } from 'pino';
import type { AllowedFolders } from '../confine-paths.ts';
import type { TrainingJobs } from '../training-jobs.ts';
import { modelVersions } from './model-versions.ts';
import { openRequestStore } from './request-store.ts';
import { createRetrainer } from './retrainer.ts';

export interface FollowOptions {
  bus: EventBus;
  registry: string;
  /** What recipes of events may read and write. */
  folders: AllowedFolders;
  jobs: TrainingJobs;
  log: Logger;
}

/** Trainers share the requests. */
const group = 'taxon-trainer';

/** Trains the registry's models again when events ask for it, what an earlier life left included. */
export const followRequests = async ({ bus, registry, folders, jobs, log }: FollowOptions) => {
  // Of this machine: a trainer that comes back goes on with what it took.
  const folder = join(folders.modelsFolder, '.retraining');
  const requests = await openRequestStore(join(folder, 'requests'), (error) => log.warn({ err: error }, 'retraining'));
  const stopping = new AbortController();
  const { signal } = stopping;
  const versions = modelVersions(openRegistry(openPlace(registry)), signal);
  const retrainer = createRetrainer({
    ...{ bus, versions, folders, jobs, requests, log, signal },
    folder: join(folder, 'runs'),
  });
  retrainer.resume();
  const subscription = bus.subscribe({
    group,
    handlers: { 'taxon.training.requested': retrainer.onRequested },
    onError: (error) => log.warn({ err: error }, 'requested trainings'),
  });
  return {
    drain: () => stopping.abort(new TaxonError({ code: 'cancelled', message: 'the trainer is stopping' })),
    dispose: async () => {
      await subscription.close();
      await retrainer.idle();
    },
  };
};
