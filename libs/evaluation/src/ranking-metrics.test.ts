import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { rankingMetrics, topKAccuracy } from './index.ts';
import { labelNames, multiLabelDraws, reference, rows, singleLabelDraws } from './testing.ts';

describe('rankingMetrics', () => {
  it.each(reference.multiLabel.map((one) => [one.labels, one] as const))(
    'of %i labels are scikit-learn’s',
    (_, one) => {
      const metrics = rankingMetrics(
        Float32Array.from(one.logits),
        Uint8Array.from(one.expected),
        labelNames(one.labels),
      );
      expect(metrics).toMatchObject(
        Object.fromEntries(Object.entries(one.ranking).map(([name, value]) => [name, expect.closeTo(value, 10)])),
      );
      expect(metrics.perLabel.at(-1)).toEqual({ label: `label ${one.labels - 1}`, support: 0, averagePrecision: null });
    },
  );

  it('is what counting pairs says', () => {
    fc.assert(
      fc.property(multiLabelDraws({ minTexts: 1 }), ({ n, classes, labels, logits, expected }) => {
        let [coverage, loss, precision] = [0, 0, 0];
        rows(logits, classes).forEach((z, text) => {
          const e = rows(expected, classes)[text]!;
          const right = z.filter((_, i) => e[i] === 1);
          const wrong = z.filter((_, i) => e[i] === 0);
          const atLeast = (values: number[], x: number): number => values.filter((y) => y >= x).length;
          if (right.length > 0) coverage += atLeast(z, Math.min(...right));
          if (right.length > 0 && wrong.length > 0) {
            loss += right.flatMap((r) => wrong.filter((w) => w >= r)).length / (right.length * wrong.length);
            precision += right.reduce((sum, r) => sum + atLeast(right, r) / atLeast(z, r), 0) / right.length;
          } else precision += 1;
        });
        const metrics = rankingMetrics(logits, expected, labels);
        expect(metrics.coverageError).toBeCloseTo(coverage / n, 10);
        expect(metrics.labelRankingLoss).toBeCloseTo(loss / n, 10);
        expect(metrics.labelRankingAveragePrecision).toBeCloseTo(precision / n, 10);
      }),
    );
  });
});

describe('topKAccuracy', () => {
  it.each(reference.singleLabel.map((one) => [one.classes, one] as const))(
    'of %i classes is scikit-learn’s',
    (_, one) => {
      const found = topKAccuracy(Float32Array.from(one.logits), Int32Array.from(one.expected), one.classes, [1, 2, 3]);
      expect(found.map(({ accuracy }) => accuracy)).toEqual(
        one.topK.map((value) => expect.closeTo(value, 12) as unknown),
      );
    },
  );

  it('looks at the k first of a stable sort; unseen labels are misses', () => {
    fc.assert(
      fc.property(singleLabelDraws({ unseen: true }), fc.integer({ min: 1, max: 7 }), (draw, k) => {
        const { n, classes, logits, expected } = draw;
        const right = rows(logits, classes).filter((z, text) =>
          [...z.keys()]
            .sort((a, b) => z[b]! - z[a]! || a - b)
            .slice(0, k)
            .includes(expected[text]!),
        ).length;
        expect(topKAccuracy(logits, expected, classes, [k])).toEqual([{ k, accuracy: right / Math.max(1, n) }]);
      }),
    );
  });
});
