import {
  AugmentationResult,
  JobState as JobStateMessage,
  NoticeLevel,
  type AugmentationJob as JobMessage,
  type WatchAugmentationResponse,
} from '@taxon/contracts';
import { patience, type Job, type JobKind, type Jobs, type JobState } from '@taxon/jobs';
import { toRpcStatus } from '@taxon/service';
import type { AugmentationEngine, AugmentationEvent, FileRequest } from './engine.ts';
import { toAugmentationMessage } from './file-request.ts';
import { toResultMessage } from './summary-message.ts';

export type EventMessage = NonNullable<WatchAugmentationResponse['event']>;
export type AugmentationJob<Options> = Job<FileRequest<Options>, AugmentationResult, EventMessage>;
export type AugmentationJobs<Options> = Jobs<FileRequest<Options>, AugmentationResult, EventMessage>;

export const toStateMessage = (state: JobState): JobStateMessage =>
  JobStateMessage[`JOB_STATE_${state.toUpperCase() as Uppercase<JobState>}`];

const toEventMessage = (event: AugmentationEvent): EventMessage => {
  if (event.kind === 'progress') {
    const { done, total, kept, secondsLeft } = event;
    return { $case: 'progress', value: { done: BigInt(done), total: BigInt(total), kept: BigInt(kept), secondsLeft } };
  }
  const level = event.level === 'info' ? NoticeLevel.NOTICE_LEVEL_INFO : NoticeLevel.NOTICE_LEVEL_WARNING;
  return { $case: 'notice', value: { level, message: event.message } };
};

/** An augmentation of a file as a job. */
export const augmentationKind = <Options>(
  engine: AugmentationEngine<Options>,
): JobKind<FileRequest<Options>, AugmentationEvent, AugmentationResult, EventMessage> => ({
  noun: 'augmentation',
  plural: 'augmentations',
  service: 'augmenter',
  idField: 'augmentation_id',
  run: async (request, options) => toResultMessage(await engine.run(request, { ...options, patience })),
  outputOf: ({ output }) => output,
  toMessage: toEventMessage,
  stateMessage: ({ state, result, error }) => ({
    $case: 'stateChange',
    value: { state: toStateMessage(state), result, error: error && toRpcStatus(error) },
  }),
  isProgress: ({ $case }) => $case === 'progress',
  parse: (kept) => {
    const request = kept as FileRequest<unknown>;
    return { ...request, options: engine.revive(request.options) };
  },
  reviveResult: (kept) => AugmentationResult.fromJSON(kept),
});

export const toJobMessage = <Options>(
  job: AugmentationJob<Options>,
  jobs: AugmentationJobs<Options>,
  engine: AugmentationEngine<Options>,
): JobMessage => ({
  augmentationId: job.id,
  state: toStateMessage(job.state),
  augmentation: toAugmentationMessage(job.request, engine),
  createTime: job.createTime,
  startTime: job.startTime,
  endTime: job.endTime,
  lastSequence: job.history.lastSequence,
  queuedBehind: jobs.queuedBehind(job),
  result: job.result,
  error: job.error && toRpcStatus(job.error),
  resumable: ['failed', 'cancelled', 'interrupted'].includes(job.state) && engine.canResume(job.request),
});
