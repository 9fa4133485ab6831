import type { TrainingEvent } from '@taxon/training';
import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import type { Job } from './training-jobs.ts';

/** `TRAINING_STATE_RUNNING` as `running`. */
const stateName = (state: string): string => state.replace('TRAINING_STATE_', '').toLowerCase();

export const createMetrics = (registry: Registry) => {
  const registers = [registry];
  const trainings = new Gauge({
    name: 'taxon_trainer_trainings',
    help: 'Trainings that wait or run',
    labelNames: ['state'] as const,
    registers,
  });
  const ended = new Counter({
    name: 'taxon_trainer_trainings_ended_total',
    help: 'Trainings by how they ended',
    labelNames: ['state'] as const,
    registers,
  });
  const seconds = new Histogram({
    name: 'taxon_trainer_training_duration_seconds',
    help: 'From start to end of a training, waiting excluded',
    buckets: [10, 30, 60, 120, 300, 600, 1800, 3600, 4 * 3600, 12 * 3600],
    registers,
  });
  const loss = new Gauge({ name: 'taxon_trainer_loss', help: 'Smoothed loss of the running training', registers });
  const tokensPerSecond = new Gauge({
    name: 'taxon_trainer_tokens_per_second',
    help: 'Real tokens a second of the running training',
    registers,
  });
  const score = new Gauge({
    name: 'taxon_trainer_score',
    help: 'Newest evaluation, 0..1',
    labelNames: ['split', 'metric'] as const,
    registers,
  });

  return {
    onEvent: (event: TrainingEvent): void => {
      if (event.kind === 'progress') {
        if (event.loss !== undefined) loss.set(event.loss);
        if (event.tokensPerSecond !== undefined) tokensPerSecond.set(event.tokensPerSecond);
      }
      if (event.kind === 'evaluation') {
        score.set({ split: event.split, metric: 'accuracy' }, event.scores.figures['accuracy']!);
        score.set({ split: event.split, metric: 'macro_f1' }, event.scores.figures['macroF1']!);
      }
    },
    /** Called at every change of a training's state, with all trainings. */
    onState: (job: Job, all: readonly Job[]): void => {
      for (const state of ['TRAINING_STATE_QUEUED', 'TRAINING_STATE_RUNNING'])
        trainings.set({ state: stateName(state) }, all.filter((each) => each.state === state).length);
      if (job.endTime === undefined) return;
      ended.inc({ state: stateName(job.state) });
      if (job.startTime !== undefined) seconds.observe((job.endTime.getTime() - job.startTime.getTime()) / 1000);
      tokensPerSecond.set(0);
    },
  };
};
