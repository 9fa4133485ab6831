import { toEventMessage as toTrainingEventMessage, whole } from '@taxon/app-trainer/shared';
import { DistillerStage, DistillerUnit, NoticeLevel, type WatchJobResponse } from '@taxon/contracts';
import type { CompressionEvent, DistillationEvent } from '@taxon/distillation';
import type { TrainingEvent } from '@taxon/training';

export type EventMessage = NonNullable<WatchJobResponse['event']>;
export type DistillerEvent = DistillationEvent | CompressionEvent;

type Staged = Extract<DistillerEvent, { kind: 'stage' | 'progress' }>;
type Progress = Extract<DistillerEvent, { kind: 'progress' }>;

/** `student` as STAGE_STUDENT: the contract has the stages' own names. */
const stageOf = (stage: Staged['stage']): DistillerStage =>
  DistillerStage[`STAGE_${stage.toUpperCase() as Uppercase<Staged['stage']>}`];
const unitOf = (unit: Progress['unit']): DistillerUnit =>
  DistillerUnit[`UNIT_${unit.toUpperCase() as Uppercase<Progress['unit']>}`];

const fromTraining = (event: Extract<TrainingEvent, { kind: 'evaluation' | 'checkpoint' }>): EventMessage => {
  const message = toTrainingEventMessage(event);
  if (message.$case === 'evaluation' || message.$case === 'checkpoint') return message;
  throw new Error(`${event.kind} became ${message.$case}`);
};

/** What a job tells, as the contract says it. */
export const toEventMessage = (event: DistillerEvent): EventMessage => {
  switch (event.kind) {
    case 'stage':
      return { $case: 'stageStart', value: { stage: stageOf(event.stage) } };
    case 'progress': {
      const { kind, stage, done, total, unit, ...rates } = event;
      const counts = { stage: stageOf(stage), done: whole(done), total: whole(total), unit: unitOf(unit) };
      return { $case: kind, value: { ...rates, ...counts } };
    }
    case 'notice':
      return {
        $case: 'notice',
        value: {
          level: event.level === 'info' ? NoticeLevel.NOTICE_LEVEL_INFO : NoticeLevel.NOTICE_LEVEL_WARNING,
          message: event.message,
        },
      };
    case 'generation':
      return { $case: 'generationStart', value: { number: event.number, total: event.total } };
    case 'evaluation':
    case 'checkpoint':
      return fromTraining(event);
  }
};
