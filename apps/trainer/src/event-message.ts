import {
  NoticeLevel,
  Split,
  Stage,
  TrainingPurpose,
  Unit,
  TaskKind,
  type Scores as ScoresMessage,
  type Task as TaskMessage,
  type TrainingResult as ResultMessage,
  type WatchTrainingResponse,
} from '@taxon/contracts';
import type { Scores, TaskScores, TrainingEvent, TrainingOfMany, TrainingResult, TrainingStage } from '@taxon/training';
import { constantOf, taskKinds } from './recipe-spellings.ts';

export type EventMessage = NonNullable<WatchTrainingResponse['event']>;

const stages: Record<TrainingStage, Stage> = {
  read: Stage.STAGE_READ,
  encoder: Stage.STAGE_ENCODER,
  tokenize: Stage.STAGE_TOKENIZE,
  adapt: Stage.STAGE_ADAPT,
  embed: Stage.STAGE_EMBED,
  head: Stage.STAGE_HEAD,
  rate: Stage.STAGE_RATE,
  train: Stage.STAGE_TRAIN,
  evaluate: Stage.STAGE_EVALUATE,
  save: Stage.STAGE_SAVE,
};
const purposes: Record<TrainingOfMany['purpose'], TrainingPurpose> = {
  fold: TrainingPurpose.TRAINING_PURPOSE_FOLD,
  bag: TrainingPurpose.TRAINING_PURPOSE_BAG,
  trial: TrainingPurpose.TRAINING_PURPOSE_TRIAL,
  source: TrainingPurpose.TRAINING_PURPOSE_SOURCE,
  final: TrainingPurpose.TRAINING_PURPOSE_FINAL,
};
const units = { bytes: Unit.UNIT_BYTES, texts: Unit.UNIT_TEXTS, steps: Unit.UNIT_STEPS } as const;
const splits = { validation: Split.SPLIT_VALIDATION, test: Split.SPLIT_TEST } as const;
const levels = { info: NoticeLevel.NOTICE_LEVEL_INFO, warning: NoticeLevel.NOTICE_LEVEL_WARNING } as const;

/** 64-bit counts are whole; a step's share or an estimate may not be. */
export const whole = (count: number): bigint => BigInt(Math.max(0, Math.round(count)));

const toTaskKind = (kind: TaskScores['kind']): TaskKind => constantOf(taskKinds, kind, TaskKind.TASK_KIND_UNSPECIFIED);

export const toScoresMessage = ({ n, figures, tasks }: Scores): ScoresMessage => ({
  n,
  figures,
  tasks: tasks.map((task) => ({ ...task, kind: toTaskKind(task.kind) })),
});

/** What a training tells, as the contract says it. */
export const toEventMessage = (event: TrainingEvent): EventMessage => {
  switch (event.kind) {
    case 'stage':
      return {
        $case: 'stageStart',
        value: {
          stage: stages[event.stage],
          training: event.training && { ...event.training, purpose: purposes[event.training.purpose] },
        },
      };
    case 'progress': {
      const { stage, done, total, unit, loss, learningRate, tokensPerSecond, secondsLeft, epoch } = event;
      const counts = { stage: stages[stage], done: whole(done), total: whole(total), unit: units[unit] };
      return { $case: 'progress', value: { ...counts, loss, learningRate, tokensPerSecond, secondsLeft, epoch } };
    }
    case 'evaluation': {
      const { split, epoch, step, loss, scores } = event;
      return {
        $case: 'evaluation',
        value: { split: splits[split], epoch, step, loss, scores: toScoresMessage(scores) },
      };
    }
    case 'notice':
      return { $case: 'notice', value: { level: levels[event.level], message: event.message } };
    case 'checkpoint':
      return { $case: 'checkpoint', value: { folder: event.folder, step: event.step } };
  }
};

/** The trials of a search are told as notices, and are in the run's report. */
export const toResultMessage = (result: TrainingResult): ResultMessage => {
  const { modelFolder, runFolder, space, validation, test, seconds, peakMemoryBytes } = result;
  return {
    modelFolder,
    runFolder,
    tasks: space.tasks.map((task): TaskMessage => ({ ...task, kind: toTaskKind(task.kind) })),
    validation: validation && toScoresMessage(validation),
    test: test && toScoresMessage(test),
    seconds,
    peakMemoryBytes: whole(peakMemoryBytes),
  };
};
