import {
  TrainingState,
  trainerContract,
  type ListTrainingsRequest,
  type ListTrainingsResponse,
  type Training,
} from '@taxon/contracts';
import { invalidInput } from '@taxon/errors';
import { defineService, toRpcStatus, type Implementation } from '@taxon/service';
import { parseRecipe, runTrainingJob } from '@taxon/training';
import { z } from 'zod';
import { confinePaths, type AllowedFolders } from './confine-paths.ts';
import { toResultMessage } from './event-message.ts';
import { createMetrics } from './metrics.ts';
import { fromRecipeMessage, toRecipeMessage } from './recipe-message.ts';
import { createTrainingJobs, type Job, type TrainingJobs, type TrainingJobsOptions } from './training-jobs.ts';

const config = z.object({
  dataFolder: z.string().min(1).default('.').describe('folder that recipes may read labelled files from'),
  modelsFolder: z.string().min(1).default('models').describe('folder that recipes may write models to'),
  maxQueued: z.int().min(0).default(10).describe('trainings that may wait while one runs'),
  keepEnded: z.int().min(1).default(100).describe('ended trainings that are remembered'),
});

const largestPage = 100;

const toMessage = (job: Job, jobs: TrainingJobs): Training => ({
  trainingId: job.id,
  state: job.state,
  recipe: toRecipeMessage(job.recipe),
  createTime: job.createTime,
  startTime: job.startTime,
  endTime: job.endTime,
  lastSequence: job.history.lastSequence,
  queuedBehind: jobs.queuedBehind(job),
  result: job.result && toResultMessage(job.result),
  error: job.error && toRpcStatus(job.error),
});

/** A page's token is the id of its predecessor's last training: new trainings, listed first, do not shift it. */
const listPage = ({ pageSize, pageToken, state }: ListTrainingsRequest, jobs: TrainingJobs): ListTrainingsResponse => {
  const all = jobs.list();
  const before = all.findIndex(({ id }) => id === pageToken);
  if (pageToken !== '' && before < 0)
    throw invalidInput('page_token: the training it points to is forgotten; list from the start');
  const wanted = all
    .slice(before + 1)
    .filter((job) => state === TrainingState.TRAINING_STATE_UNSPECIFIED || job.state === state);
  const size = Math.min(pageSize || largestPage, largestPage);
  const page = wanted.slice(0, size);
  return {
    trainings: page.map((job) => toMessage(job, jobs)),
    nextPageToken: wanted.length > size ? page.at(-1)!.id : '',
  };
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
    return { training: toMessage(job, jobs) };
  },
  getTraining: ({ trainingId }) => ({ training: toMessage(jobs.get(trainingId), jobs) }),
  listTrainings: (request) => listPage(request, jobs),
});

/** A trainer that runs its jobs by `run`; what is served uses `runTrainingJob`. */
export const createTrainerService = (run: TrainingJobsOptions['run']) =>
  defineService({
    name: 'trainer',
    description: 'trains classifiers from labelled files, as jobs',
    contracts: { trainer: trainerContract },
    config,
    metrics: createMetrics,
    start: ({ config, metrics, log }) => {
      const jobs: TrainingJobs = createTrainingJobs({
        run,
        maxQueued: config.maxQueued,
        keepEnded: config.keepEnded,
        onEvent: metrics.onEvent,
        onState: (job) => {
          metrics.onState(job, jobs.list());
          log.info({ training: job.id, state: job.state, err: job.error }, 'training');
        },
      });
      return Promise.resolve({
        implementations: { trainer: implement(jobs, config) },
        // The running one writes a checkpoint; its watchers hear of its end, and their calls end with it.
        drain: () => jobs.close('the trainer is stopping'),
        dispose: () => jobs.idle(),
      });
    },
  });

/** Trains in a process of its own, one training at a time. */
export const trainerService = createTrainerService(runTrainingJob);
