import {
  TrainingState,
  trainerContract,
  type ListTrainingsRequest,
  type ListTrainingsResponse,
} from '@taxon/contracts';
import { jobConfig, jobFolder, listPage, openJobs, type JobQueue } from '@taxon/jobs';
import { defineService, type Implementation } from '@taxon/service';
import { parseRecipe, runTrainingJob } from '@taxon/training';
import { z } from 'zod';
import { confinePaths, type AllowedFolders } from './confine-paths.ts';
import { createTrainingMetrics } from './metrics.ts';
import { fromRecipeMessage } from './recipe-message.ts';
import { followRequests } from './retraining/follow-requests.ts';
import { takeWork } from './take-work.ts';
import {
  toStateMessage,
  toTrainingMessage,
  trainingKind,
  type RunTraining,
  type TrainingJobs,
} from './training-jobs.ts';

const config = z.object({
  dataFolder: z.string().min(1).default('.').describe('folder that recipes may read labelled files from'),
  modelsFolder: z.string().min(1).default('models').describe('folder that recipes may write models to'),
  registry: z
    .string()
    .min(1)
    .default('registry')
    .describe('folder of a registry, or s3://bucket/prefix; its models are trained again when events ask for it'),
  takeWork: z.boolean().default(true).describe('do trainings of runs that were split over the event bus'),
  ...jobConfig('modelsFolder'),
});

const listTrainings = (request: ListTrainingsRequest, jobs: TrainingJobs): ListTrainingsResponse => {
  const { state } = request;
  const any = state === TrainingState.TRAINING_STATE_UNSPECIFIED;
  const { page, nextPageToken } = listPage(jobs.list(), request, {
    noun: 'training',
    wanted: (job) => any || toStateMessage(job.state) === state,
  });
  return { trainings: page.map((job) => toTrainingMessage(job, jobs)), nextPageToken };
};

const implement = (jobs: TrainingJobs, folders: AllowedFolders): Implementation<typeof trainerContract> => ({
  startTraining: ({ recipe, resume }) => {
    const parsed = confinePaths(parseRecipe(fromRecipeMessage(recipe)), folders);
    return { trainingId: jobs.start(parsed, resume).id };
  },
  watchTraining: ({ trainingId, afterSequence }, { signal }) =>
    jobs.get(trainingId).history.follow(afterSequence, signal),
  cancelTraining: ({ trainingId }) => {
    const job = jobs.get(trainingId);
    jobs.cancel(job, 'cancelled by a caller');
    return { training: toTrainingMessage(job, jobs) };
  },
  getTraining: ({ trainingId }) => ({ training: toTrainingMessage(jobs.get(trainingId), jobs) }),
  listTrainings: (request) => listTrainings(request, jobs),
});

/** A trainer that runs its jobs by `run`; what is served uses `runTrainingJob`. */
export const createTrainerService = (run: RunTraining, queue?: JobQueue) =>
  defineService({
    name: 'trainer',
    description: 'trains classifiers from labelled files, as jobs',
    contracts: { trainer: trainerContract },
    config,
    metrics: (registry) =>
      createTrainingMetrics(registry, { service: 'trainer', noun: 'training', plural: 'trainings' }),
    start: async ({ config, metrics, log, events }) => {
      const jobs = await openJobs(trainingKind(run), {
        maxQueued: config.maxQueued,
        keepEnded: config.keepEnded,
        folder: jobFolder(config.jobsFolder, config.modelsFolder, 'trainings'),
        queue,
        ...(events && { events: { bus: events, source: '/trainer' } }),
        onEvent: metrics.onEvent,
        onState: (job, all) => {
          metrics.onState(job, all);
          log.info({ training: job.id, state: job.state, err: job.error }, 'training');
        },
        onKeepingError: (error) => log.warn({ err: error }, 'keeping trainings'),
      });
      const retraining =
        events === undefined
          ? undefined
          : await followRequests({ registry: config.registry, folders: config, bus: events, jobs, log });
      const work = events && config.takeWork ? takeWork({ bus: events, folders: config, log, queue }) : undefined;
      return {
        implementations: { trainer: implement(jobs, config) },
        drain: () => {
          retraining?.drain();
          // The running one writes a checkpoint; its watchers hear of its end, and their calls end with it.
          jobs.close('the trainer is stopping');
        },
        dispose: async () => {
          await jobs.idle();
          await retraining?.dispose();
          await work?.close();
        },
      };
    },
  });

/** Trains in a process of its own, one training at a time. */
export const trainerService = createTrainerService(runTrainingJob);
