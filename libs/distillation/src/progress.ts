import type { Scores, TrainingEvent, TrainingResult } from '@taxon/training';

/** What a distillation tells while it works: what its training tells, and what comes before it. Plain data. */
export type DistillationEvent =
  | TrainingEvent
  /** The student's first weights are made of the teacher's; the teachers read the texts. */
  | { kind: 'stage'; stage: 'student' | 'teacher' }
  | {
      kind: 'progress';
      /** `student`: texts by which heads and units are judged; `teacher`: texts read by one teacher after the other. */
      stage: 'student' | 'teacher';
      done: number;
      total: number;
      unit: 'texts';
      secondsLeft?: number;
    }
  /** One of several generations begins, 1-based. */
  | { kind: 'generation'; number: number; total: number };

/** A model in numbers. */
export interface ModelSize {
  layers: number;
  hidden: number;
  /** Of the layer that has most. */
  heads: number;
  intermediate: number;
  vocabulary: number;
  /** Numbers in all, embedding tables and head included. */
  parameters: number;
}

/** What a finished distillation leaves behind. */
export interface DistillationResult extends TrainingResult {
  /** The teachers' mean answer on the same parts, where it has all labels of the data. */
  teacher: { size: ModelSize | undefined; validation: Scores | undefined; test: Scores | undefined };
  student: ModelSize;
  /** The generation that was kept, 1-based. */
  generation: number;
}
