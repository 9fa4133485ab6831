import type { DistillationEvent } from './progress.ts';

/** Progress events are passed on at most this often, as those of training are. */
const interval = 100; // ms

/** Tells that a stage begins; what is returned tells how far it has come, with the time left at its pace so far. */
export const beginStage = (
  stage: 'student' | 'teacher',
  emit: (event: DistillationEvent) => void,
): ((done: number, total: number) => void) => {
  emit({ kind: 'stage', stage });
  const started = performance.now();
  let last = -Infinity;
  return (done, total) => {
    const now = performance.now();
    if (now - last < interval && done < total) return;
    last = now;
    const secondsLeft = done > 0 ? ((now - started) / 1000 / done) * (total - done) : undefined;
    emit({ kind: 'progress', stage, done, total, unit: 'texts', secondsLeft });
  };
};
