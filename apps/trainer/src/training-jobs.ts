import { existsSync } from 'node:fs';
import {
  TrainingResult as ResultMessage,
  TrainingState,
  type Training,
  type TrainingResult as TrainingResultMessage,
} from '@taxon/contracts';
import { hasStopped, jobFields, patience, type Job, type JobKind, type JobState, type Jobs } from '@taxon/jobs';
import { toRpcStatus } from '@taxon/service';
import {
  checkpointFolder,
  parseRecipe,
  type Recipe,
  type TrainingEvent,
  type TrainingJobOptions,
  type TrainingResult,
} from '@taxon/training';
import { toEventMessage, toResultMessage, type EventMessage } from './event-message.ts';
import { toRecipeMessage } from './recipe-message.ts';

export type TrainingJob = Job<Recipe, TrainingResultMessage, EventMessage>;
export type TrainingJobs = Jobs<Recipe, TrainingResultMessage, EventMessage>;

export type RunTraining = (recipe: Recipe, options: TrainingJobOptions) => Promise<TrainingResult>;

export const toStateMessage = (state: JobState): TrainingState =>
  TrainingState[`TRAINING_STATE_${state.toUpperCase() as Uppercase<JobState>}`];

/** A training as a job, run by `run`. */
export const trainingKind = (
  run: RunTraining,
): JobKind<Recipe, TrainingEvent, TrainingResultMessage, EventMessage> => ({
  noun: 'training',
  plural: 'trainings',
  service: 'trainer',
  idField: 'training_id',
  run: async (recipe, options) => toResultMessage(await run(recipe, { ...options, patience })),
  outputOf: ({ output }) => output,
  toMessage: toEventMessage,
  stateMessage: ({ state, result, error }) => ({
    $case: 'stateChange',
    value: { state: toStateMessage(state), result, error: error && toRpcStatus(error) },
  }),
  isProgress: ({ $case }) => $case === 'progress',
  parse: (kept) => parseRecipe(kept),
  reviveResult: (kept) => ResultMessage.fromJSON(kept),
});

const canResume = ({ state, request }: TrainingJob): boolean =>
  hasStopped(state) && existsSync(checkpointFolder(request.output));

export const toTrainingMessage = (job: TrainingJob, jobs: TrainingJobs): Training => ({
  trainingId: job.id,
  state: toStateMessage(job.state),
  recipe: toRecipeMessage(job.request),
  ...jobFields(job, jobs),
  error: job.error && toRpcStatus(job.error),
  resumable: canResume(job),
});
