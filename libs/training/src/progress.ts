import type { LabelSpace } from '@taxon/data';
import type { SearchReport } from '@taxon/evaluation';
import type { Scores } from './scores.ts';

/** The stages of a training run, in order. A resumed run starts at `tokenize`. */
export const trainingStages = [
  'read',
  'encoder',
  'tokenize',
  'adapt',
  'embed',
  'head',
  'rate',
  'train',
  'evaluate',
  'save',
] as const;
export type TrainingStage = (typeof trainingStages)[number];

/** One of several trainings of a run. */
export interface TrainingOfMany {
  /** What it is for: a fold, a bag, a trial of a search, one source's texts, or the model that is kept. */
  purpose: 'fold' | 'bag' | 'trial' | 'source' | 'final';
  /** 1-based, over all of the run's trainings. */
  number: number;
  total: number;
}

/** What a training run tells while it works: plain data, so that it crosses processes and becomes protobuf unchanged. */
export type TrainingEvent =
  | { kind: 'stage'; stage: TrainingStage; training?: TrainingOfMany }
  | {
      kind: 'progress';
      stage: TrainingStage;
      /** Units done and in all: bytes while fetching the encoder, texts while tokenizing and embedding, steps elsewhere. */
      done: number;
      total: number;
      unit: 'bytes' | 'texts' | 'steps';
      /** Smoothed training loss, natural logarithm. */
      loss?: number;
      learningRate?: number;
      /** Real tokens (no padding) a second. */
      tokensPerSecond?: number;
      secondsLeft?: number;
      epoch?: number;
    }
  | {
      kind: 'evaluation';
      split: 'validation' | 'test';
      epoch: number;
      step: number;
      loss: number;
      scores: Scores;
    }
  | { kind: 'notice'; level: 'info' | 'warning'; message: string }
  /** A checkpoint was written; `--resume` takes this folder. `digest`: SHA-256 of the state, equal for equal runs. */
  | { kind: 'checkpoint'; folder: string; step: number; digest: string };

/** What a finished run leaves behind. */
export interface TrainingResult {
  /** The model folder, absolute. */
  modelFolder: string;
  /** The run folder with metrics and the report page, inside the model folder. */
  runFolder: string;
  space: LabelSpace;
  validation: Scores | undefined;
  test: Scores | undefined;
  /** Of a search for options. */
  search?: SearchReport;
  seconds: number;
  /** Highest resident set of the training process, bytes. */
  peakMemoryBytes: number;
}
