import {
  augmenterContract,
  JobState,
  type ListAugmentationsRequest,
  type ListAugmentationsResponse,
} from '@taxon/contracts';
import { jobConfig, jobFolder, listPage, openJobs, type JobQueue } from '@taxon/jobs';
import { defineService, type Implementation } from '@taxon/service';
import { z } from 'zod';
import { createAugment } from './augment-stream.ts';
import { augmentationKind, toJobMessage, toStateMessage, type AugmentationJobs } from './augmentation-jobs.ts';
import type { AugmentationEngine } from './engine.ts';
import { toFileRequest, type AllowedFolders } from './file-request.ts';
import { createMetrics } from './metrics.ts';

const config = z.object({
  dataFolder: z.string().min(1).default('.').describe('folder that labelled files and texts are read from'),
  outputFolder: z.string().min(1).default('augmented').describe('folder that new files are written to'),
  modelsFolder: z.string().min(1).default('models').describe('folder that models are read from'),
  maxTexts: z.int().min(1).default(1024).describe('texts a message of a stream'),
  maxTextLength: z.int().min(1).default(65_536).describe('UTF-16 units a text'),
  flushAfter: z
    .int()
    .min(0)
    .default(20)
    .describe('milliseconds without a further text after which a stream augments those that came'),
  maxStreams: z.int().min(1).default(4).describe('streams at once, each of which has a thread'),
  translator: z
    .string()
    .min(1)
    .optional()
    .describe('address of a taxon.augmenter.v1.TranslatorService that back-translation asks'),
  ...jobConfig('outputFolder'),
});

const listAugmentations = (
  request: ListAugmentationsRequest,
  jobs: AugmentationJobs,
  engine: AugmentationEngine,
): ListAugmentationsResponse => {
  const { state } = request;
  const any = state === JobState.JOB_STATE_UNSPECIFIED;
  const { page, nextPageToken } = listPage(jobs.list(), request, {
    noun: 'augmentation',
    wanted: (job) => any || toStateMessage(job.state) === state,
  });
  return { augmentations: page.map((job) => toJobMessage(job, jobs, engine)), nextPageToken };
};

const jobMethods = (
  engine: AugmentationEngine,
  jobs: AugmentationJobs,
  folders: AllowedFolders,
): Omit<Implementation<typeof augmenterContract>, 'augment' | 'listMethods'> => ({
  startAugmentation: ({ augmentation, resume }) => ({
    augmentationId: jobs.start(toFileRequest(augmentation, engine, folders), resume).id,
  }),
  watchAugmentation: ({ augmentationId, afterSequence }, { signal }) =>
    jobs.get(augmentationId).history.follow(afterSequence, signal),
  cancelAugmentation: ({ augmentationId }) => {
    const job = jobs.get(augmentationId);
    jobs.cancel(job, 'cancelled by a caller');
    return { augmentation: toJobMessage(job, jobs, engine) };
  },
  getAugmentation: ({ augmentationId }) => ({
    augmentation: toJobMessage(jobs.get(augmentationId), jobs, engine),
  }),
  listAugmentations: (request) => listAugmentations(request, jobs, engine),
});

/** An augmenter whose work `engine` does. */
export const createAugmenterService = (engine: AugmentationEngine, queue?: JobQueue) =>
  defineService({
    name: 'augmenter',
    description: 'makes more labelled texts out of labelled texts, as a stream or as jobs',
    contracts: { augmenter: augmenterContract },
    config,
    metrics: createMetrics,
    start: async ({ config, metrics, log, events }) => {
      const jobs = await openJobs(augmentationKind(engine, config.translator), {
        maxQueued: config.maxQueued,
        keepEnded: config.keepEnded,
        folder: jobFolder(config.jobsFolder, config.outputFolder, 'augmentations'),
        queue,
        ...(events && { events: { bus: events, source: '/augmenter' } }),
        onState: (job, all) => {
          metrics.onState(job, all);
          if (job.state === 'succeeded') metrics.onResult(job.result?.summary);
          log.info({ augmentation: job.id, state: job.state, err: job.error }, 'augmentation');
        },
        onKeepingError: (error) => log.warn({ err: error }, 'keeping augmentations'),
      });
      return {
        implementations: {
          augmenter: {
            augment: createAugment(engine, config, config, metrics),
            listMethods: () => ({
              methods: engine.methods.map(({ name, description, streamed }) => ({ name, description, streamed })),
            }),
            ...jobMethods(engine, jobs, config),
          },
        },
        drain: () => jobs.close('the augmenter is stopping'),
        dispose: () => jobs.idle(),
      };
    },
  });
