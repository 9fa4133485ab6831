import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import { isOver, type JobState } from './job-state.ts';

interface MeasuredJob {
  readonly state: JobState;
  readonly startTime: Date | undefined;
  readonly endTime: Date | undefined;
}

/**
 * How many of a service's jobs wait and run, how they ended and how long they took:
 * `taxon_trainer_trainings{state}`, `taxon_trainer_trainings_ended_total{state}`, `taxon_trainer_training_duration_seconds`.
 */
export const createJobMetrics = (
  registry: Registry,
  { service, noun, plural }: { service: string; noun: string; plural: string },
) => {
  const registers = [registry];
  const name = plural[0]!.toUpperCase() + plural.slice(1);
  const unfinished = new Gauge({
    name: `taxon_${service}_${plural}`,
    help: `${name} that wait or run`,
    labelNames: ['state'] as const,
    registers,
  });
  const ended = new Counter({
    name: `taxon_${service}_${plural}_ended_total`,
    help: `${name} by how they ended`,
    labelNames: ['state'] as const,
    registers,
  });
  const seconds = new Histogram({
    name: `taxon_${service}_${noun}_duration_seconds`,
    help: `From start to end of a ${noun}, waiting excluded`,
    buckets: [10, 30, 60, 120, 300, 600, 1800, 3600, 4 * 3600, 12 * 3600],
    registers,
  });
  return {
    /** To be called at every change of a job's state, with all jobs. */
    onState: (job: MeasuredJob, all: readonly MeasuredJob[]): void => {
      for (const state of ['queued', 'running'] as const)
        unfinished.set({ state }, all.filter((each) => each.state === state).length);
      if (!isOver(job.state)) return;
      ended.inc({ state: job.state });
      if (job.startTime !== undefined && job.endTime !== undefined)
        seconds.observe((job.endTime.getTime() - job.startTime.getTime()) / 1000);
    },
  };
};
