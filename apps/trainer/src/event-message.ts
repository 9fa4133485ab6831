import {
  NoticeLevel,
  Split,
  Stage,
  Unit,
  type ClassificationMetrics as MetricsMessage,
  type TrainingResult as ResultMessage,
  type WatchTrainingResponse,
} from '@taxon/contracts';
import type { TrainingEvent, TrainingResult, TrainingStage } from '@taxon/training';

export type EventMessage = NonNullable<WatchTrainingResponse['event']>;

const stages: Record<TrainingStage, Stage> = {
  read: Stage.STAGE_READ,
  encoder: Stage.STAGE_ENCODER,
  tokenize: Stage.STAGE_TOKENIZE,
  embed: Stage.STAGE_EMBED,
  head: Stage.STAGE_HEAD,
  train: Stage.STAGE_TRAIN,
  evaluate: Stage.STAGE_EVALUATE,
  save: Stage.STAGE_SAVE,
};
const units = { bytes: Unit.UNIT_BYTES, texts: Unit.UNIT_TEXTS, steps: Unit.UNIT_STEPS } as const;
const splits = { validation: Split.SPLIT_VALIDATION, test: Split.SPLIT_TEST } as const;
const levels = { info: NoticeLevel.NOTICE_LEVEL_INFO, warning: NoticeLevel.NOTICE_LEVEL_WARNING } as const;

/** 64-bit counts are whole; a step's share or an estimate may not be. */
const whole = (count: number): bigint => BigInt(Math.max(0, Math.round(count)));

/** What a training tells, as the contract says it. */
export const toEventMessage = (event: TrainingEvent): EventMessage => {
  switch (event.kind) {
    case 'stage':
      return { $case: 'stageStart', value: { stage: stages[event.stage] } };
    case 'progress': {
      const { stage, done, total, unit, loss, learningRate, tokensPerSecond, secondsLeft, epoch } = event;
      const counts = { stage: stages[stage], done: whole(done), total: whole(total), unit: units[unit] };
      return { $case: 'progress', value: { ...counts, loss, learningRate, tokensPerSecond, secondsLeft, epoch } };
    }
    case 'evaluation': {
      const { split, epoch, step, loss, metrics } = event;
      return {
        $case: 'evaluation',
        value: { split: splits[split], epoch, step, loss, metrics: metrics satisfies MetricsMessage },
      };
    }
    case 'notice':
      return { $case: 'notice', value: { level: levels[event.level], message: event.message } };
    case 'checkpoint':
      return { $case: 'checkpoint', value: { folder: event.folder, step: event.step } };
  }
};

export const toResultMessage = ({ peakMemoryBytes, ...result }: TrainingResult): ResultMessage => ({
  ...result,
  peakMemoryBytes: whole(peakMemoryBytes),
});
