import { createTrainingMetrics } from '@taxon/app-trainer/shared';
import {
  distillerContract,
  JobState,
  type ListJobsRequest,
  type ListJobsResponse,
  type StartCompressionRequest,
  type StartDistillationRequest,
} from '@taxon/contracts';
import { expectOptions, runDistillationJob } from '@taxon/distillation';
import { jobConfig, jobFolder, listPage, openJobs, type JobQueue } from '@taxon/jobs';
import { defineService, type Implementation } from '@taxon/service';
import { z } from 'zod';
import { runCompressionJob } from './compression-job.ts';
import { fromCompressionMessage } from './compression-message.ts';
import { confineCompression, confineDistillation, type AllowedFolders } from './confine-work.ts';
import { fromDistillationMessage } from './distillation-message.ts';
import { distillerKind, toJobMessage, toStateMessage, type DistillerJobs, type Workers } from './distiller-jobs.ts';
import { expectModel, expectTeachers } from './expect-models.ts';

const config = z.object({
  dataFolder: z.string().min(1).default('.').describe('folder that labelled files and texts are read from'),
  modelsFolder: z.string().min(1).default('models').describe('folder that models are read from and written to'),
  ...jobConfig('modelsFolder'),
});

const startDistillation = async (
  { distillation, resume }: StartDistillationRequest,
  jobs: DistillerJobs,
  folders: AllowedFolders,
) => {
  const options = confineDistillation(fromDistillationMessage(distillation), folders);
  expectOptions(options);
  await expectTeachers(options);
  return { jobId: jobs.start({ kind: 'distillation', options }, resume).id };
};

const startCompression = async (
  { compression }: StartCompressionRequest,
  jobs: DistillerJobs,
  folders: AllowedFolders,
) => {
  const request = confineCompression(fromCompressionMessage(compression), folders);
  await expectModel(request.model, 'model');
  return { jobId: jobs.start({ kind: 'compression', request }, false).id };
};

const listJobs = (request: ListJobsRequest, jobs: DistillerJobs): ListJobsResponse => {
  const { state } = request;
  const any = state === JobState.JOB_STATE_UNSPECIFIED;
  const { page, nextPageToken } = listPage(jobs.list(), request, {
    noun: 'job',
    wanted: (job) => any || toStateMessage(job.state) === state,
  });
  return { jobs: page.map((job) => toJobMessage(job, jobs)), nextPageToken };
};

const implement = (jobs: DistillerJobs, folders: AllowedFolders): Implementation<typeof distillerContract> => ({
  startDistillation: (request) => startDistillation(request, jobs, folders),
  startCompression: (request) => startCompression(request, jobs, folders),
  watchJob: ({ jobId, afterSequence }, { signal }) => jobs.get(jobId).history.follow(afterSequence, signal),
  cancelJob: ({ jobId }) => {
    const job = jobs.get(jobId);
    jobs.cancel(job, 'cancelled by a caller');
    return { job: toJobMessage(job, jobs) };
  },
  getJob: ({ jobId }) => ({ job: toJobMessage(jobs.get(jobId), jobs) }),
  listJobs: (request) => listJobs(request, jobs),
});

/** A distiller whose work is done by `workers`; what is served runs each job in a process of its own. */
export const createDistillerService = (workers: Workers, queue?: JobQueue) =>
  defineService({
    name: 'distiller',
    description: 'makes models smaller by distillation and compression, as jobs',
    contracts: { distiller: distillerContract },
    config,
    metrics: (registry) => createTrainingMetrics(registry, { service: 'distiller', noun: 'job', plural: 'jobs' }),
    start: async ({ config, metrics, log, events }) => {
      const jobs: DistillerJobs = await openJobs(distillerKind(workers), {
        maxQueued: config.maxQueued,
        keepEnded: config.keepEnded,
        folder: jobFolder(config.jobsFolder, config.modelsFolder, 'distiller'),
        queue,
        ...(events && { events: { bus: events, source: '/distiller' } }),
        onEvent: metrics.onEvent,
        onState: (job, all) => {
          metrics.onState(job, all);
          log.info({ job: job.id, kind: job.request.kind, state: job.state, err: job.error }, 'job');
        },
        onKeepingError: (error) => log.warn({ err: error }, 'keeping jobs'),
      });
      return {
        implementations: { distiller: implement(jobs, config) },
        drain: () => jobs.close('the distiller is stopping'),
        dispose: () => jobs.idle(),
      };
    },
  });

/** Distils and compresses in processes of their own, one job at a time. */
export const distillerService = createDistillerService({ distil: runDistillationJob, compress: runCompressionJob });
