export interface ScheduleOptions {
  schedule: 'linear' | 'cosine' | 'constant';
  /** Share of the run in which the rate climbs from 0, 0..1. */
  warmup: number;
}

const decay: Record<ScheduleOptions['schedule'], (progress: number) => number> = {
  linear: (progress) => 1 - progress,
  cosine: (progress) => (1 + Math.cos(Math.PI * progress)) / 2,
  constant: () => 1,
};

/** Factor on the learning rate, 0..1, at a point of the run, 0..1: a linear climb, then the schedule down to its end. */
export const rateFactor = (progress: number, { schedule, warmup }: ScheduleOptions): number => {
  const at = Math.min(1, Math.max(0, progress));
  if (at < warmup) return at / warmup;
  return warmup >= 1 ? 1 : decay[schedule]((at - warmup) / (1 - warmup));
};
