import type { ClassifierEngine, TextInput } from '@taxon/models';
import { evenly } from './calibrate.ts';
import { computeLogits, type ComputeOptions } from './compute-logits.ts';
import type { FormMeasured } from './report.ts';

const singles = 120;
/** The first ones fill caches and memory pools. */
const warmUp = 20;

const quantile = (sorted: readonly number[], share: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;

/** Times an engine: one text at a time, and all at once. */
export const measureForm = async (
  engine: ClassifierEngine,
  texts: readonly TextInput[],
  options: ComputeOptions = {},
): Promise<Pick<FormMeasured, 'latency' | 'throughput'>> => {
  const some = evenly(texts, singles + warmUp);
  const times: number[] = [];
  for (const [i, text] of some.entries()) {
    options.signal?.throwIfAborted();
    const start = performance.now();
    await engine.run([engine.encode(text)]);
    if (i >= Math.min(warmUp, some.length - 1)) times.push(performance.now() - start);
  }
  times.sort((a, b) => a - b);
  const batch = evenly(texts, 1000);
  const start = performance.now();
  await computeLogits(engine, batch, options);
  const throughput = (1000 * batch.length) / (performance.now() - start);
  return { latency: { p50: quantile(times, 0.5), p95: quantile(times, 0.95) }, throughput };
};
