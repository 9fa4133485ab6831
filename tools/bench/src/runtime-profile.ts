import { z } from 'zod';

// ONNX Runtime's profile is a JSON list of Chrome trace events: microseconds, one event a run and one a kernel of each run.

const eventSchema = z.looseObject({
  cat: z.string(),
  name: z.string(),
  ts: z.number(),
  dur: z.number(),
  args: z.looseObject({ op_name: z.string().optional() }).optional(),
});

export interface RuntimeProfile {
  /** Runs that were counted. */
  runs: number;
  /** Milliseconds of all of them together. */
  total: number;
  /** Milliseconds by operator, all of them together, largest first. */
  operators: Record<string, number>;
}

/**
 * Sums a profile's kernels by operator.
 * @param skip runs at the start that are left out: they allocate and warm caches
 */
export const readRuntimeProfile = (json: string, skip: number): RuntimeProfile => {
  const events = z.array(z.unknown()).parse(JSON.parse(json));
  const timed = events.flatMap((event) => {
    const { success, data } = eventSchema.safeParse(event); // marks without a duration are of no use here
    return success ? [data] : [];
  });
  const runs = timed
    .filter(({ cat, name }) => cat === 'Session' && name === 'model_run')
    .sort((a, b) => a.ts - b.ts)
    .slice(skip);
  const begin = runs[0]?.ts ?? Infinity;
  const sums = new Map<string, number>();
  for (const { cat, name, ts, dur, args } of timed) {
    if (cat !== 'Node' || !name.endsWith('_kernel_time') || ts < begin || args?.op_name === undefined) continue;
    sums.set(args.op_name, (sums.get(args.op_name) ?? 0) + dur / 1000);
  }
  return {
    runs: runs.length,
    total: runs.reduce((sum, { dur }) => sum + dur / 1000, 0),
    operators: Object.fromEntries([...sums].sort(([, a], [, b]) => b - a)),
  };
};
