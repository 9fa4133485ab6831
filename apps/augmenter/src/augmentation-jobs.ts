import {
  AugmentationResult,
  AugmenterStage,
  JobState as JobStateMessage,
  type AugmentationJob as JobMessage,
  type WatchAugmentationResponse,
} from '@taxon/contracts';
import { hasStopped, jobFields, patience, type Job, type JobKind, type Jobs, type JobState } from '@taxon/jobs';
import { toRpcStatus } from '@taxon/service';
import type { AugmentationEngine, FileEvent, FileRequest } from './engine.ts';
import { toAugmentationMessage } from './file-request.ts';
import { parseAugmentation } from './options-message.ts';
import { toSummaryMessage } from './summary-message.ts';

export type EventMessage = NonNullable<WatchAugmentationResponse['event']>;
export type AugmentationJob = Job<FileRequest, AugmentationResult, EventMessage>;
export type AugmentationJobs = Jobs<FileRequest, AugmentationResult, EventMessage>;

export const toStateMessage = (state: JobState): JobStateMessage =>
  JobStateMessage[`JOB_STATE_${state.toUpperCase() as Uppercase<JobState>}`];

const stages = {
  read: AugmenterStage.STAGE_READ,
  count: AugmenterStage.STAGE_COUNT,
  augment: AugmenterStage.STAGE_AUGMENT,
} as const;

const toEventMessage = ({ stage, rows, total, kept, dropped }: FileEvent): EventMessage => {
  const known = total === undefined ? undefined : BigInt(total);
  return {
    $case: 'progress',
    value: { stage: stages[stage], rows: BigInt(rows), total: known, kept: BigInt(kept), dropped: BigInt(dropped) },
  };
};

/** An augmentation of a file as a job. */
export const augmentationKind = (
  engine: AugmentationEngine,
  translator?: string,
): JobKind<FileRequest, FileEvent, AugmentationResult, EventMessage> => ({
  noun: 'augmentation',
  plural: 'augmentations',
  service: 'augmenter',
  idField: 'augmentation_id',
  run: async (request, options) => ({
    output: request.output,
    summary: toSummaryMessage(await engine.run(request, { ...options, translator, patience })),
  }),
  outputOf: ({ output }) => output,
  toMessage: toEventMessage,
  stateMessage: ({ state, result, error }) => ({
    $case: 'stateChange',
    value: { state: toStateMessage(state), result, error: error && toRpcStatus(error) },
  }),
  isProgress: ({ $case }) => $case === 'progress',
  parse: (kept) => {
    const request = kept as FileRequest;
    return { ...request, options: parseAugmentation(request.options) };
  },
  reviveResult: (kept) => AugmentationResult.fromJSON(kept),
});

export const toJobMessage = (job: AugmentationJob, jobs: AugmentationJobs, engine: AugmentationEngine): JobMessage => ({
  augmentationId: job.id,
  state: toStateMessage(job.state),
  augmentation: toAugmentationMessage(job.request),
  ...jobFields(job, jobs),
  error: job.error && toRpcStatus(job.error),
  resumable: hasStopped(job.state) && engine.canResume(job.request),
});
