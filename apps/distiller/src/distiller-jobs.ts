import { existsSync } from 'node:fs';
import { JobResult, JobState as JobStateMessage, type Job as JobMessage } from '@taxon/contracts';
import {
  parseDistillation,
  workFolder,
  type CompressionReport,
  type DistillationJobOptions,
  type DistillationOptions,
  type DistillationResult,
} from '@taxon/distillation';
import { hasStopped, jobFields, patience, type Job, type JobKind, type Jobs, type JobState } from '@taxon/jobs';
import { toRpcStatus } from '@taxon/service';
import { checkpointFolder } from '@taxon/training';
import { toCompressionMessage } from './compression-message.ts';
import { parseCompression, type CompressionRequest } from './compression-request.ts';
import type { runCompressionJob } from './compression-job.ts';
import { toDistillationMessage } from './distillation-message.ts';
import { toEventMessage, type DistillerEvent, type EventMessage } from './event-message.ts';
import { compressionResult, distillationResult } from './result-message.ts';

/** What a job is to do. */
export type Work =
  { kind: 'distillation'; options: DistillationOptions } | { kind: 'compression'; request: CompressionRequest };

export type DistillerJob = Job<Work, JobResult, EventMessage>;
export type DistillerJobs = Jobs<Work, JobResult, EventMessage>;

/** How work is done; what is served runs each in a process of its own. */
export interface Workers {
  distil: (options: DistillationOptions, how: DistillationJobOptions) => Promise<DistillationResult>;
  compress: (...args: Parameters<typeof runCompressionJob>) => Promise<CompressionReport>;
}

export const toStateMessage = (state: JobState): JobStateMessage =>
  JobStateMessage[`JOB_STATE_${state.toUpperCase() as Uppercase<JobState>}`];

const outputOf = (work: Work): string => (work.kind === 'distillation' ? work.options.output : work.request.output);

const parseWork = (kept: unknown): Work => {
  const { kind, options, request } = kept as { kind?: unknown; options?: unknown; request?: unknown };
  return kind === 'distillation'
    ? { kind, options: parseDistillation(options) }
    : { kind: 'compression', request: parseCompression(request) };
};

export const distillerKind = ({
  distil,
  compress,
}: Workers): JobKind<Work, DistillerEvent, JobResult, EventMessage> => ({
  noun: 'job',
  nounOf: ({ kind }) => kind,
  plural: 'jobs',
  service: 'distiller',
  idField: 'job_id',
  run: async (work, { resume, ...options }) => {
    const how = { ...options, patience };
    if (work.kind === 'distillation') return distillationResult(await distil(work.options, { ...how, resume }));
    return compressionResult(await compress(work.request, how), work.request.output);
  },
  outputOf,
  toMessage: toEventMessage,
  stateMessage: ({ state, result, error }) => ({
    $case: 'stateChange',
    value: { state: toStateMessage(state), result, error: error && toRpcStatus(error) },
  }),
  isProgress: ({ $case }) => $case === 'progress',
  parse: parseWork,
  reviveResult: (kept) => JobResult.fromJSON(kept),
});

const canResume = ({ state, request }: DistillerJob): boolean =>
  request.kind === 'distillation' &&
  hasStopped(state) &&
  [workFolder, checkpointFolder].some((folderOf) => existsSync(folderOf(request.options.output)));

export const toJobMessage = (job: DistillerJob, jobs: DistillerJobs): JobMessage => ({
  jobId: job.id,
  state: toStateMessage(job.state),
  work:
    job.request.kind === 'distillation'
      ? { $case: 'distillation', value: toDistillationMessage(job.request.options) }
      : { $case: 'compression', value: toCompressionMessage(job.request.request) },
  ...jobFields(job, jobs),
  error: job.error && toRpcStatus(job.error),
  resumable: canResume(job),
});
