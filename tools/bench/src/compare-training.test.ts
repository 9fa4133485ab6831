import { describe, expect, it } from 'vitest';
import { compareTraining, summarizeSettings } from './compare-training.ts';
import type { PeerRun } from './peer-results.ts';
import type { TaxonRun } from './taxon-run.ts';

const run = (epochs: number, seed: number, accuracy: number, seconds: number): TaxonRun => ({
  ...{ epochs, seed, accuracy, validationAccuracy: accuracy, seconds, macroF1: accuracy, wallSeconds: seconds + 10 },
  ...{ tokensPerSecond: 2000, peakMemoryBytes: 100 + seed, stages: { train: seconds } },
});
const peer = (precision: 'fp32' | 'bf16', seconds: number): PeerRun => ({
  ...{ precision, seconds, accuracy: 0.96, macroF1: 0.96, wallSeconds: seconds + 20, tokensPerSecond: 1000 },
  ...{ peakMemoryBytes: 204, epochs: [{ epoch: 1, seconds, accuracy: 0.96 }] },
});

describe('comparing training runs', () => {
  const settings = summarizeSettings([
    ...[run(1, 0, 0.95, 50), run(1, 1, 0.96, 52)],
    ...[run(2, 0, 0.97, 99), run(2, 1, 0.96, 101)],
  ]);

  it('averages seeds, and takes the highest memory', () => {
    expect(settings).toMatchObject([
      { epochs: 1, seeds: 2, seconds: 51, peakMemoryBytes: 101 },
      { epochs: 2, seeds: 2, seconds: 100, accuracy: 0.965 },
    ]);
  });

  it('takes the quickest setting that reaches the accuracy, against the fastest peer', () => {
    expect(compareTraining(settings, [peer('fp32', 600), peer('bf16', 400)])).toMatchObject({
      fp32: { epochsNeeded: 2, timeToPeerAccuracy: 6 },
      best: { precision: 'bf16', timeToPeerAccuracy: 4, tokensPerSecond: 2, memory: 204 / 101 },
    });
  });

  it('claims no time where the accuracy is missed', () => {
    expect(compareTraining(settings.slice(0, 1), [peer('bf16', 400)])).toMatchObject({
      bf16: { epochsNeeded: null, timeToPeerAccuracy: null, tokensPerSecond: 2 },
    });
  });
});
