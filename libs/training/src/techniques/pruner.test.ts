import { createRandom, shuffle } from '@taxon/data';
import { describe, expect, it } from 'vitest';
import { createPruner, type PrunerOptions } from './pruner.ts';

/** Runs trials one after the other; each has its final score and comes near it step by step. */
const search = (options: PrunerOptions, finals: readonly number[], steps: number) => {
  const pruner = createPruner(options);
  let used = 0;
  const finished = finals.flatMap((final, trial) => {
    for (let step = 1; step <= steps; step++) {
      used += 1;
      if (pruner.report(trial, step, final * (1 - 0.5 ** step)) === 'prune') return [];
    }
    return [trial];
  });
  return { finished, used };
};

const finals = shuffle(
  Array.from({ length: 40 }, (_, i) => i / 40),
  createRandom(3),
);

describe('a search', () => {
  it.each<PrunerOptions>([{ kind: 'median' }, { kind: 'successive-halving', firstRung: 1, factor: 3 }])(
    'with $kind keeps its best trial and spends less than two thirds',
    (options) => {
      const { finished, used } = search(options, finals, 9);
      expect(finished).toContain(finals.indexOf(Math.max(...finals)));
      expect(used).toBeLessThan((2 / 3) * 9 * finals.length);
      const mean = (trials: readonly number[]): number =>
        trials.reduce((sum, trial) => sum + finals[trial]!, 0) / trials.length;
      expect(mean(finished)).toBeGreaterThan(mean([...finals.keys()]) + 0.1);
    },
  );
});

describe('median', () => {
  const options = { kind: 'median', startupTrials: 2, warmupSteps: 1 } as const;

  it('prunes what is below the median of the others at the same step, after start-up and warm-up', () => {
    const pruner = createPruner(options);
    for (const [trial, score] of [0.8, 0.6, 0.7].entries()) {
      expect(pruner.report(trial, 1, 0.1)).toBe('continue');
      expect(pruner.report(trial, 2, score)).toBe('continue'); // the third is the median of the others itself
    }
    expect(pruner.report(3, 1, 0)).toBe('continue'); // warm-up
    expect(pruner.report(3, 2, 0.69)).toBe('prune');
    expect(pruner.report(4, 2, 0.71)).toBe('continue');
    expect(pruner.report(5, 3, 0)).toBe('continue'); // nobody was there yet
  });

  it('judges a trial by its best score so far', () => {
    const pruner = createPruner(options);
    for (const trial of [0, 1]) pruner.report(trial, 3, 0.5);
    pruner.report(2, 2, 0.9);
    expect(pruner.report(2, 3, 0.1)).toBe('continue');
  });
});

describe('successive halving', () => {
  it('asks at the rungs alone, and lets the best third past each', () => {
    const pruner = createPruner({ kind: 'successive-halving', firstRung: 2, factor: 3 });
    expect(pruner.report(0, 1, -5)).toBe('continue');
    const verdicts = [0.5, 0.4, 0.6, 0.55, 0.1, 0.58].map((score, trial) => pruner.report(trial, 2, score));
    // Of one, two and three trials the best passes, of six the best two.
    expect(verdicts).toEqual(['continue', 'prune', 'continue', 'prune', 'prune', 'continue']);
    expect(pruner.report(0, 5, -5)).toBe('continue');
    expect(pruner.report(0, 6, 0.9)).toBe('continue');
    expect(pruner.report(2, 6, 0.8)).toBe('prune');
  });
});

it.each<PrunerOptions>([{ kind: 'median' }, { kind: 'successive-halving' }])(
  '$kind ends a trial whose score is no number',
  (options) => {
    expect(createPruner(options).report(0, 1, NaN)).toBe('prune');
  },
);
