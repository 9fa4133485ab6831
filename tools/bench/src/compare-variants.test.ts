import { describe, expect, it } from 'vitest';
import { formatVariants, summarizeVariants } from './compare-variants.ts';
import type { TaxonRun } from './taxon-run.ts';

const run = (seed: number, accuracy: number, validationAccuracy: number, seconds: number): TaxonRun => ({
  ...{ epochs: 1, seed, accuracy, validationAccuracy, macroF1: accuracy, seconds, wallSeconds: seconds + 9 },
  ...{ tokensPerSecond: 1000, peakMemoryBytes: 1000 + seed, stages: { embed: 2, train: seconds - 2 } },
});
const of = (dataset: string, variant: string, ...runs: TaxonRun[]) =>
  runs.map((one) => ({ dataset, variant, run: one }));

describe('comparing variants of the recipe', () => {
  const summaries = summarizeVariants(
    [
      ...of('a', 'default', run(0, 0.9, 0.8, 10), run(1, 0.94, 0.82, 10)),
      ...of('a', 'precision=int8', run(0, 0.91, 0.8, 5), run(1, 0.93, 0.83, 5)),
      ...of('b', 'default', run(0, 0.5, 0.5, 10)),
    ],
    'default',
  );

  it('averages seeds and takes the highest memory', () => {
    expect(summaries[1]).toMatchObject({ dataset: 'a', variant: 'precision=int8', seeds: 2, peakMemoryBytes: 1001 });
    expect(summaries[1]!.accuracy).toBeCloseTo(0.92);
    expect(summaries[1]!.stages).toEqual({ embed: 2, train: 3 });
    expect(summaries.map(({ dataset }) => dataset)).toEqual(['a', 'a', 'b']);
  });

  it('pairs a variant with the first one seed by seed', () => {
    expect(summaries[1]!.gain).toBeCloseTo(0);
    expect(summaries[1]!.gainError).toBeCloseTo(0.01); // +1 and −1 point: a standard error of 1 point
    expect(summaries[1]!.validationGain).toBeCloseTo(0.005);
    expect(summaries[1]!.speed).toBe(2);
    expect(summaries[2]!.gainError).toBeUndefined();
  });

  it('pairs only seeds that both have', () => {
    const runs = [...of('a', 'x', run(0, 0.9, 0.9, 1), run(1, 0.5, 0.5, 1)), ...of('a', 'y', run(0, 0.92, 0.9, 1))];
    expect(summarizeVariants(runs, 'x')[1]!.gain).toBeCloseTo(0.02);
  });

  it('shows points of difference with their sign', () => {
    const text = formatVariants(
      summarizeVariants([...of('a', 'x', run(0, 0.9, 0.9, 1)), ...of('a', 'y', run(0, 0.89, 0.9, 1))], 'x'),
    );
    expect(text).toContain('+0.00');
    expect(text).toContain('−1.00');
  });
});
