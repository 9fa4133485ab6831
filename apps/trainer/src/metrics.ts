import { createJobMetrics, isOver } from '@taxon/jobs';
import type { TrainingEvent } from '@taxon/training';
import { Gauge, type Registry } from 'prom-client';
import type { TrainingJob } from './training-jobs.ts';

export const createMetrics = (registry: Registry) => {
  const registers = [registry];
  const jobs = createJobMetrics(registry, { service: 'trainer', noun: 'training', plural: 'trainings' });
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
    onState: (job: TrainingJob, all: readonly TrainingJob[]): void => {
      jobs.onState(job, all);
      if (isOver(job.state)) tokensPerSecond.set(0);
    },
  };
};
