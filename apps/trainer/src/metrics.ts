import { createJobMetrics, isOver } from '@taxon/jobs';
import type { Scores } from '@taxon/training';
import { Gauge, type Registry } from 'prom-client';

/** What is measured of what jobs tell; all else passes. */
interface MeasuredEvent {
  kind: string;
  loss?: number;
  tokensPerSecond?: number;
  split?: 'validation' | 'test';
  scores?: Scores;
}
type MeasuredJob = Parameters<ReturnType<typeof createJobMetrics>['onState']>[0];

/** Metrics of a service whose jobs hold a training, named by the service and its jobs. */
export const createTrainingMetrics = (registry: Registry, names: { service: string; noun: string; plural: string }) => {
  const { service } = names;
  const registers = [registry];
  const jobs = createJobMetrics(registry, names);
  const lossNow = new Gauge({
    name: `taxon_${service}_loss`,
    help: 'Smoothed loss of the running training',
    registers,
  });
  const speed = new Gauge({
    name: `taxon_${service}_tokens_per_second`,
    help: 'Real tokens a second of the running training',
    registers,
  });
  const score = new Gauge({
    name: `taxon_${service}_score`,
    help: 'Newest evaluation, 0..1',
    labelNames: ['split', 'metric'] as const,
    registers,
  });

  return {
    onEvent: ({ kind, loss, tokensPerSecond, split, scores }: MeasuredEvent): void => {
      if (kind === 'progress') {
        if (loss !== undefined) lossNow.set(loss);
        if (tokensPerSecond !== undefined) speed.set(tokensPerSecond);
      }
      if (split !== undefined && scores !== undefined) {
        score.set({ split, metric: 'accuracy' }, scores.figures['accuracy']!);
        score.set({ split, metric: 'macro_f1' }, scores.figures['macroF1']!);
      }
    },
    onState: (job: MeasuredJob, all: readonly MeasuredJob[]): void => {
      jobs.onState(job, all);
      if (isOver(job.state)) speed.set(0);
    },
  };
};
