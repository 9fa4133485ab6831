import { createRandom } from '@taxon/data';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decideGate, mcnemarWorse, notWorseBy, type GateVerdict, type PairedText } from '../index.ts';

interface Simulated {
  n: number;
  labels: number;
  /** Shares of texts that one alone answers rightly. */
  onlyServing: number;
  onlyCandidate: number;
  seed: number;
}

/** Texts with the labels in turn; of the others 90 % are answered rightly by both. */
const simulate = ({ n, labels, onlyServing, onlyCandidate, seed }: Simulated): PairedText[] => {
  const random = createRandom(seed);
  return Array.from({ length: n }, (_, i) => {
    const u = random();
    const both = random() < 0.9;
    const serving = u < onlyServing || (u >= onlyServing + onlyCandidate && both);
    const candidate = u >= onlyServing && (u < onlyServing + onlyCandidate || both);
    const [right, wrong] = [[`label ${i % labels}`], [`label ${(i + 1) % labels}`]];
    return {
      tasks: [
        { task: 'label', expected: right, serving: serving ? right : wrong, candidate: candidate ? right : wrong },
      ],
    };
  });
};

const seeds = (count: number): number[] => Array.from({ length: count }, (_, seed) => seed);
const verdicts = (count: number, simulated: Omit<Simulated, 'seed'>): Record<GateVerdict, number> => {
  const counted = { promote: 0, shadow: 0, refuse: 0 };
  for (const seed of seeds(count)) counted[decideGate({ validation: simulate({ ...simulated, seed }) }).verdict] += 1;
  return counted;
};

/** One label's texts: `lost` of `n` are answered by the serving version alone. */
const oneLabel = (label: string, n: number, lost: number): PairedText[] =>
  Array.from({ length: n }, (_, i) => ({
    tasks: [{ task: 'label', expected: [label], serving: [label], candidate: [i < lost ? 'another' : label] }],
  }));

describe('paired tests', () => {
  it('give the exact mid-p of known tables', () => {
    // Binomials of 1/2 by hand: P(B ≥ 9 of 10) = 11/1024, half of P(9) taken off.
    expect(mcnemarWorse({ onlyServing: 9, onlyCandidate: 1 })).toBeCloseTo((1 + 5) / 1024, 12);
    expect(mcnemarWorse({ onlyServing: 0, onlyCandidate: 0 })).toBeCloseTo(0.5, 9);
    // No text is answered otherwise: the candidate is worse by 1 % with chance 0.99³⁰⁰ of that, half of it counted.
    expect(notWorseBy({ n: 300, both: 270, onlyServing: 0, onlyCandidate: 0 }, 0.01)).toBeCloseTo(0.99 ** 300 / 2, 9);
  });

  it.each([
    [100, 0.02, 0.02],
    [300, 0.05, 0.01],
    [1000, 0.02, 0.01],
  ])('declare a candidate that is worse by the margin good enough once in 20 times: %d texts', (n, q, margin) => {
    const random = createRandom(n);
    let [passed, worse] = [0, 0];
    const rounds = 1500;
    for (let round = 0; round < rounds; round++) {
      let [lost, won, lostOfEqual] = [0, 0, 0];
      for (let text = 0; text < n; text++) {
        const u = random();
        if (u < q + margin) lost += 1;
        else if (u < 2 * q + margin) won += 1;
        if (u < q) lostOfEqual += 1;
      }
      passed += Number(notWorseBy({ n, both: 0, onlyServing: lost, onlyCandidate: won }, margin) < 0.05);
      worse += Number(mcnemarWorse({ onlyServing: lostOfEqual, onlyCandidate: won }) < 0.05);
    }
    // 5 %, three standard deviations of the simulation more.
    expect(passed / rounds).toBeLessThan(0.067);
    expect(passed / rounds).toBeGreaterThan(0.025);
    expect(worse / rounds).toBeLessThan(0.067);
  });

  it('never speak for a candidate more as it loses more', () => {
    const counts = fc.record({
      won: fc.nat(40),
      lost: fc.nat(40),
      margin: fc.double({ min: 0.002, max: 0.2, noNaN: true }),
    });
    fc.assert(
      fc.property(counts, ({ won, lost, margin }) => {
        const p = (onlyServing: number) => notWorseBy({ n: 500, both: 0, onlyServing, onlyCandidate: won }, margin);
        expect(p(lost + 1)).toBeGreaterThanOrEqual(p(lost) - 1e-9);
        expect(p(lost)).toBeLessThanOrEqual(1);
      }),
      { numRuns: 60 },
    );
  });
});

describe('gate', () => {
  it.each([
    ['3 points', 500, 0.06, 0.03],
    ['3 points', 3000, 0.06, 0.03],
    ['5 points', 500, 0.1, 0.05],
    ['5 points', 1000, 0.1, 0.05],
    ['15 points', 1000, 0.2, 0.05],
    ['30 points', 200, 0.35, 0.05],
  ])('never promotes a candidate that is worse by %s of %d texts, in 20 seeds', (_, n, onlyServing, onlyCandidate) => {
    expect(verdicts(20, { n, labels: 20, onlyServing, onlyCandidate }).promote).toBe(0);
  });

  it.each([
    // Better by 2 points; one point better; as good.
    [1000, 0.02, 0.04, 0.95],
    [1000, 0.02, 0.03, 0.8],
    [3000, 0.02, 0.02, 0.75],
    [1000, 0.02, 0.02, 0.35],
  ])('promotes a candidate that is better, or as good, of %d texts (lost %d, won %d) at a rate of %d', (...given) => {
    const [n, onlyServing, onlyCandidate, rate] = given;
    const found = verdicts(100, { n, labels: 50, onlyServing, onlyCandidate });
    expect(found.promote / 100).toBeGreaterThanOrEqual(rate);
    expect(found.refuse / 100).toBeLessThanOrEqual(0.12);
  });

  it('refuses one that drops a label, however good it is elsewhere', () => {
    const validation = [
      ...simulate({ n: 3000, labels: 150, onlyServing: 0.01, onlyCandidate: 0.05, seed: 1 }),
      ...oneLabel('refund', 20, 19),
    ];
    const { verdict, reason, comparisons } = decideGate({ validation });
    expect(verdict).toBe('refuse');
    expect(reason).toBe("recall of 'refund' on validation falls by 95.0 % of 20");
    expect(comparisons).toEqual([
      expect.objectContaining({ texts: 'validation', n: 3020, worstLabel: 'refund', worstLabelFall: 0.95 }),
    ]);
  });

  it('is not stopped by the noise of one small label among many', () => {
    // 4 of 20 lost is a fall of 20 %: of 150 labels of equal candidates some do.
    const validation = [
      ...simulate({ n: 3000, labels: 150, onlyServing: 0.02, onlyCandidate: 0.04, seed: 2 }),
      ...oneLabel('refund', 20, 4),
    ];
    expect(decideGate({ validation }).verdict).toBe('promote');
    const few = [
      ...simulate({ n: 1000, labels: 10, onlyServing: 0, onlyCandidate: 0.05, seed: 3 }),
      ...oneLabel('rare', 5, 5),
    ];
    expect(decideGate({ validation: few }).comparisons[0]!.worstLabel).toBe('');
  });

  it('keeps in the shadow what too few texts tell of', () => {
    const validation = oneLabel('a', 60, 0);
    expect(decideGate({ validation })).toMatchObject({
      verdict: 'shadow',
      reason: '60 validation texts are too few to promote on; 100 are needed',
    });
    const equal = simulate({ n: 300, labels: 3, onlyServing: 0.05, onlyCandidate: 0.05, seed: 5 });
    expect(decideGate({ validation: equal }).verdict).toBe('shadow');
  });

  it('refuses one that does worse on feedback, and leaves a little feedback alone', () => {
    const validation = simulate({ n: 2000, labels: 20, onlyServing: 0.01, onlyCandidate: 0.04, seed: 6 });
    const feedback = simulate({ n: 120, labels: 3, onlyServing: 0.3, onlyCandidate: 0.05, seed: 7 });
    const { verdict, reason, comparisons } = decideGate({ validation, feedback });
    expect(verdict).toBe('refuse');
    expect(reason).toContain('worse on feedback');
    expect(comparisons.map(({ texts, n }) => [texts, n])).toEqual([
      ['validation', 2000],
      ['feedback', 120],
    ]);
    expect(decideGate({ validation, feedback: feedback.slice(0, 20) }).verdict).toBe('promote');
  });

  it('asks that every task be right, and tells labels of several tasks apart', () => {
    const text = (fine: string): PairedText => ({
      tasks: [
        { task: 'coarse', expected: ['a'], serving: ['a'], candidate: ['a'] },
        { task: 'fine', expected: ['a1', 'a2'], serving: ['a2', 'a1'], candidate: [fine] },
      ],
    });
    const validation = Array.from({ length: 200 }, () => text('a2'));
    expect(decideGate({ validation }).comparisons[0]).toMatchObject({
      servingAccuracy: 1,
      candidateAccuracy: 0,
      worstLabel: 'fine/a1',
      worstLabelFall: 1,
    });
  });

  it('names the option that is out of range', () => {
    expect(() => decideGate({ validation: [] }, { margin: 0 })).toThrow('gate margin is 0');
    expect(() => decideGate({ validation: [] }, { alpha: 0.7 })).toThrow('gate alpha is 0.7');
  });
});
