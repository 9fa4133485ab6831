import { createRandom } from '@taxon/data';
import { describe, expect, it } from 'vitest';
import { decideRollback, type RollbackEvidence } from './index.ts';
import { logEvidenceAbove } from './rollback.ts';

/** Looks after every answer until `most`; the number of answers at the roll-back, or undefined. */
const watch = (most: number, next: () => RollbackEvidence): number | undefined => {
  for (let n = 1; n <= most; n++) if (decideRollback(next()).rollBack) return n;
  return undefined;
};

const pairedStream = (seed: number, onlyPreviousShare: number, onlyPromotedShare: number) => {
  const random = createRandom(seed);
  const paired = { n: 0, onlyPrevious: 0, onlyPromoted: 0 };
  return (): RollbackEvidence => {
    const u = random();
    paired.n += 1;
    if (u < onlyPreviousShare) paired.onlyPrevious += 1;
    else if (u < onlyPreviousShare + onlyPromotedShare) paired.onlyPromoted += 1;
    return { paired };
  };
};

const unpairedStream = (seed: number, before: number, after: number, beforeN = 500) => {
  const random = createRandom(seed);
  const previous = { n: beforeN, right: Array.from({ length: beforeN }, random).filter((u) => u < before).length };
  const promoted = { n: 0, right: 0 };
  return (): RollbackEvidence => {
    promoted.n += 1;
    promoted.right += Number(random() < after);
    return { promoted, previous };
  };
};

describe('roll-back', () => {
  it('measures evidence by the integral that it is', () => {
    const integral = (failures: number, n: number, f0: number): number => {
      const steps = 200_000;
      let sum = 0;
      for (let i = 0; i < steps; i++) {
        const f = f0 + ((i + 0.5) / steps) * (1 - f0);
        sum += Math.exp(failures * Math.log(f / f0) + (n - failures) * Math.log((1 - f) / (1 - f0)));
      }
      return sum / steps;
    };
    for (const [failures, n, f0] of [
      [0, 0, 0.5],
      [7, 9, 0.5],
      [12, 60, 0.1],
      [3, 80, 0.1],
    ] as const)
      expect(Math.exp(logEvidenceAbove(failures, n, f0))).toBeCloseTo(integral(failures, n, f0), 4);
  });

  it('takes an equal version back in at most 1 % of 300 lives, looked at after every one of 600 answers', () => {
    let [paired, unpaired] = [0, 0];
    for (let seed = 0; seed < 300; seed++) {
      paired += Number(watch(600, pairedStream(seed, 0.05, 0.05)) !== undefined);
      unpaired += Number(watch(600, unpairedStream(seed, 0.9, 0.9)) !== undefined);
    }
    // 1 % of 300 is 3; the chance of more than 8 is 0.4 % even where all of alpha is used.
    expect(paired).toBeLessThanOrEqual(8);
    expect(unpaired).toBeLessThanOrEqual(8);
  });

  it('leaves a better version alone', () => {
    for (let seed = 0; seed < 20; seed++) {
      expect(watch(600, pairedStream(seed, 0.03, 0.08))).toBeUndefined();
      expect(watch(600, unpairedStream(seed, 0.85, 0.95))).toBeUndefined();
    }
  });

  it('takes a worse version back, the worse the sooner', () => {
    const median = (stream: (seed: number) => () => RollbackEvidence): number => {
      const ends = Array.from({ length: 21 }, (_, seed) => watch(3000, stream(seed)));
      expect(ends).not.toContain(undefined);
      return (ends as number[]).sort((a, b) => a - b)[10]!;
    };
    // 10 points worse, 30 points worse; both answers known.
    const [little, much] = [
      median((seed) => pairedStream(seed, 0.13, 0.03)),
      median((seed) => pairedStream(seed, 0.33, 0.03)),
    ];
    expect(little).toBeLessThan(250);
    expect(much).toBeLessThan(60);
    // 20 points worse; before and after.
    expect(median((seed) => unpairedStream(seed, 0.9, 0.7))).toBeLessThan(200);
  });

  it('waits for enough answers, and for a loss that matters', () => {
    expect(decideRollback({})).toMatchObject({ rollBack: false, reason: 'too little feedback yet' });
    expect(decideRollback({ paired: { n: 15, onlyPrevious: 15, onlyPromoted: 0 } }).rollBack).toBe(false);
    const lost = { paired: { n: 10_000, onlyPrevious: 60, onlyPromoted: 10 } };
    expect(decideRollback(lost)).toMatchObject({ rollBack: false });
    expect(decideRollback(lost, { leastFall: 0.005 })).toMatchObject({ rollBack: true });
    expect(decideRollback({ paired: { n: 100, onlyPrevious: 30, onlyPromoted: 2 } }).reason).toContain(
      'of 100 texts that both answered, 30 were right before and 2 are right now alone; evidence',
    );
  });
});
