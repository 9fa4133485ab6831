import type { TrainingEvent, TrainingOfMany, TrainingStage } from './progress.ts';

/** Progress events are passed on at most this often, so that a fast stage does not flood its listeners. */
const interval = 100; // ms

export interface Reporter {
  /** Which of several trainings the stages to come are of. */
  training(training: TrainingOfMany | undefined): void;
  stage(stage: TrainingStage): void;
  progress(unit: 'bytes' | 'texts' | 'steps', done: number, total: number, details?: ProgressDetails): void;
  emit(event: TrainingEvent): void;
  /** Seconds that each stage took so far, in order. */
  timings(): Record<string, number>;
}

export type ProgressDetails = Pick<
  Extract<TrainingEvent, { kind: 'progress' }>,
  'loss' | 'learningRate' | 'tokensPerSecond' | 'epoch'
>;

/** Turns what the stages of a run do into events, with the time left at the stage's pace so far. */
export const createReporter = (emit: (event: TrainingEvent) => void): Reporter => {
  const seconds: Record<string, number> = {};
  let stage: TrainingStage = 'read';
  let training: TrainingOfMany | undefined;
  let started = performance.now();
  let last = -Infinity;
  let firstDone: number | undefined;
  let firstAt = started;
  const close = (): void => {
    seconds[stage] = (seconds[stage] ?? 0) + (performance.now() - started) / 1000;
    started = performance.now();
  };
  return {
    training(next) {
      training = next;
    },
    stage(next) {
      close();
      stage = next;
      last = -Infinity;
      firstDone = undefined;
      emit({ kind: 'stage', stage, ...(training && { training }) });
    },
    progress(unit, done, total, details = {}) {
      const now = performance.now();
      if (firstDone === undefined) [firstDone, firstAt] = [done, now];
      if (now - last < interval && done < total) return;
      last = now;
      const pace = (now - firstAt) / 1000 / Math.max(1, done - firstDone);
      const secondsLeft = done > firstDone ? pace * (total - done) : undefined;
      emit({ kind: 'progress', stage, done, total, unit, secondsLeft, ...details });
    },
    emit,
    timings() {
      close();
      return { ...seconds };
    },
  };
};
