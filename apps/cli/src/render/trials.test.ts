import { describe, expect, it } from 'vitest';
import { formatTrials } from './trials.ts';

describe('formatTrials', () => {
  it('puts the best first and what has no value last', () => {
    const lines = formatTrials({
      figure: 'accuracy',
      trials: [
        { number: 1, options: { 'optimizer.epochs': 2 }, state: 'complete', value: 0.5 },
        { number: 2, options: { 'optimizer.epochs': 9 }, state: 'failed', value: null },
        { number: 3, options: { 'optimizer.epochs': 4 }, state: 'pruned', value: 0.75 },
      ],
    });
    expect(lines.map((line) => line.trim().split(/ +/u))).toEqual([
      ['trial', 'accuracy', 'end', 'epochs'],
      ['3', '0.7500', 'pruned', '4'],
      ['1', '0.5000', 'complete', '2'],
      ['2', 'failed', '9'],
    ]);
  });
});
