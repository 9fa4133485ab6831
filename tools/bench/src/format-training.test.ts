import { describe, expect, it } from 'vitest';
import { formatTraining } from './format-training.ts';

const scores = (accuracy: number, seconds: number) => ({
  ...{ seeds: 3, validationAccuracy: accuracy, accuracy, accuracies: [accuracy], macroF1: accuracy },
  ...{ seconds, wallSeconds: 2 * seconds, tokensPerSecond: 4000, peakMemoryBytes: 500 * 2 ** 20 },
});
const taxon = [
  { epochs: 0.5, stages: {}, ...scores(0.96, 40) },
  { epochs: 1, stages: {}, ...scores(0.965, 60) },
];
const peers = [
  { peer: 'trainer' as const, precision: 'bf16', epochs: 5, ...scores(0.955, 200) },
  { peer: 'recipe' as const, precision: 'bf16', epochs: 1, ...scores(0.962, 90), validationAccuracy: 0.97 },
];

describe('the tables of training', () => {
  it('show every run, and the times to each peer’s accuracy', () => {
    const lines = formatTraining(taxon, peers)
      .split('\n')
      .map((line) => line.replaceAll(/ +/gu, ' '));
    expect(lines).toContain('| Taxon, 0.5 epochs | 3 | 96.00 % | 96.00 % | 96.00 % | 40.0 | 80.0 | 4000 | 500 MiB |');
    expect(lines.some((line) => line.startsWith('| our recipe in PyTorch, bf16, 1 epoch | 3 | 97.00 %'))).toBe(true);
    expect(lines).toContain('| Trainer, bf16 | validation | 0.5 | 5.00 | 5.00 | +0.50 | 1.00 |');
    expect(lines).toContain('| our recipe in PyTorch, bf16 | validation | none | – | – | – | 1.00 |');
    expect(lines).toContain('| our recipe in PyTorch, bf16 | test | 1 | 1.50 | 1.50 | +0.30 | 1.00 |');
  });

  it('show Taxon alone where there is no peer', () => {
    expect(formatTraining(taxon, [])).not.toContain('against');
  });
});
