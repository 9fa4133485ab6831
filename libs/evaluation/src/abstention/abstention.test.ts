import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  abstentionScores,
  chooseAbstention,
  confidenceScores,
  outOfScopeDetection,
  riskCoverage,
  type ConfidenceKind,
} from '../index.ts';
import { numbersIn, reference, rows, singleLabelDraws } from '../testing.ts';

const scored = fc
  .array(fc.tuple(fc.integer({ min: -4, max: 4 }), fc.boolean(), fc.boolean()), { maxLength: 12 })
  .map((texts) => ({
    scores: Float64Array.from(texts, ([score]) => score / 2),
    inScope: Uint8Array.from(texts, ([, inside]) => Number(inside)),
    right: Uint8Array.from(texts, ([, inside, right]) => Number(inside && right)),
  }));

describe('confidence scores', () => {
  it('are what their definitions say', () => {
    fc.assert(
      fc.property(singleLabelDraws(), fc.constantFrom(1, 2), ({ logits, classes }, temperature) => {
        rows(logits, classes).forEach((z, text) => {
          const powers = z.map((x) => Math.exp((x - Math.max(...z)) / temperature));
          const total = powers.reduce((sum, x) => sum + x, 0);
          const p = powers.map((x) => x / total).sort((a, b) => b - a);
          const definitions: Record<ConfidenceKind, number> = {
            maxProbability: p[0]!,
            margin: p[0]! - (p[1] ?? 0),
            entropy: p.reduce((sum, x) => sum + (x > 0 ? x * Math.log(x) : 0), 0),
            energy: Math.max(...z) + temperature * Math.log(total),
          };
          for (const [kind, value] of Object.entries(definitions)) {
            const found = confidenceScores(logits, classes, kind as ConfidenceKind, temperature)[text]!;
            expect([kind, found]).toEqual([kind, expect.closeTo(value, 9)]);
          }
        });
      }),
    );
  });
});

describe('outOfScopeDetection', () => {
  it.each(reference.detection)('agrees with scikit-learn', (one) => {
    const found = outOfScopeDetection(Float64Array.from(one.scores), Uint8Array.from(one.inScope));
    for (const figure of ['auroc', 'auprIn', 'auprOut', 'fpr95'] as const)
      expect([figure, found[figure]]).toEqual([figure, expect.closeTo(one[figure], 12)]);
  });

  it('is the chance that a text in scope scores higher', () => {
    fc.assert(
      fc.property(scored, ({ scores, inScope }) => {
        const [inside, outside] = [1, 0].map((side) => [...scores].filter((_, i) => inScope[i] === side));
        const wins = inside!.flatMap((a) => outside!.map((b) => (a > b ? 1 : a === b ? 0.5 : 0)));
        const { auroc } = outOfScopeDetection(scores, inScope);
        expect(auroc).toBeCloseTo(wins.length === 0 ? 0 : wins.reduce<number>((a, b) => a + b, 0) / wins.length, 12);
      }),
    );
  });
});

describe('riskCoverage', () => {
  it('answers the surest first', () => {
    const found = riskCoverage(Float64Array.of(4, 3, 3, 1), Uint8Array.of(1, 0, 1, 0));
    expect(found.points).toEqual([
      { threshold: 4, coverage: 0.25, risk: 0 },
      { threshold: 3, coverage: 0.75, risk: 1 / 3 },
      { threshold: 1, coverage: 1, risk: 0.5 },
    ]);
    expect(found.aurc).toBeCloseTo((0 + 2 * (1 / 3) + 0.5) / 4, 12);
    const many = riskCoverage(
      Float64Array.from({ length: 999 }, (_, i) => i),
      new Uint8Array(999),
      50,
    );
    expect(many.points).toHaveLength(50);
    expect(many.points.at(-1)!.coverage).toBe(1);
  });
});

describe('abstention thresholds', () => {
  it('are the best of all', () => {
    const targets = ['outOfScopeF1', 'inScopeF1', 'macroF1'] as const;
    fc.assert(
      fc.property(scored, fc.constantFrom(...targets), ({ scores, inScope, right }, maximize) => {
        const found = chooseAbstention(scores, inScope, { maximize }, right);
        expect(found).toEqual(abstentionScores(scores, inScope, found.threshold, right));
        for (const cut of scores)
          expect(abstentionScores(scores, inScope, cut)[maximize]).toBeLessThanOrEqual(found[maximize] + 1e-12);
        expect(numbersIn(found).every(Number.isFinite)).toBe(true);
      }),
    );
  });

  it('keep the coverage that is asked for, and no lower threshold than needed', () => {
    fc.assert(
      fc.property(scored, fc.constantFrom(0.5, 0.9, 1), ({ scores, inScope }, inScopeCoverage) => {
        fc.pre(inScope.includes(1));
        const found = chooseAbstention(scores, inScope, { inScopeCoverage });
        expect(found.inScopeCoverage).toBeGreaterThanOrEqual(inScopeCoverage);
        for (const cut of scores)
          if (cut > found.threshold)
            expect(abstentionScores(scores, inScope, cut).inScopeCoverage).toBeLessThanOrEqual(found.inScopeCoverage);
        const next = [...scores].filter((score) => score >= found.threshold).sort((a, b) => a - b)[0]!;
        expect(abstentionScores(scores, inScope, next + 0.1).inScopeCoverage).toBeLessThan(inScopeCoverage);
      }),
    );
  });

  it('count what they do', () => {
    const found = abstentionScores(
      Float64Array.of(3, 2, 1, 2, 0),
      Uint8Array.of(1, 1, 1, 0, 0),
      1.5,
      Uint8Array.of(1, 0, 1, 0, 0),
    );
    expect(found).toEqual({
      threshold: 1.5,
      inScopeCoverage: 2 / 3,
      outOfScopePrecision: 0.5,
      outOfScopeRecall: 0.5,
      outOfScopeF1: 0.5,
      inScopePrecision: 2 / 3,
      inScopeF1: 2 / 3,
      macroF1: (0.5 + 2 / 3) / 2,
      accuracy: 2 / 5,
      inScopeAccuracy: 1 / 3,
    });
  });
});
