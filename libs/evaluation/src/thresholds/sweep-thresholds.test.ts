import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { applyThresholds, multiLabelMetrics, sweepThresholds, type SweepMetric } from '../index.ts';
import { sigmoid } from '@taxon/probability';
import { multiLabelDraws, numbersIn, type MultiLabelDraw } from '../testing.ts';

/** Scored from nothing: the answers at these thresholds. */
const scoreAt = ({ labels, classes, logits, expected }: MultiLabelDraw, thresholds: number | ArrayLike<number>) =>
  multiLabelMetrics({ labels, expected, predicted: applyThresholds(logits, classes, thresholds) });

/** Every cut that tells apart what can be told apart. */
const cutsOf = (scores: Iterable<number>): number[] => [...new Set([...scores, 1e9])];

const metrics: SweepMetric[] = ['macroF1', 'microF1'];

describe('sweepThresholds', () => {
  it.each(metrics)('finds the best global threshold of all: %s', (metric) => {
    fc.assert(
      fc.property(multiLabelDraws(), (draw) => {
        const sweep = sweepThresholds(draw.logits, draw.expected, draw.labels, { metric, minSupport: 1 });
        const best = Math.max(0, ...cutsOf(draw.logits).map((cut) => scoreAt(draw, cut)[metric]));
        expect(scoreAt(draw, sweep.global.logit)[metric]).toBeCloseTo(best, 9);
        expect(sweep.scores.global[metric]).toBeCloseTo(best, 9);
        expect(sweep.scores.half[metric]).toBeCloseTo(scoreAt(draw, 0)[metric], 12);
      }),
    );
  });

  it.each(metrics)('finds the best thresholds by label of all: %s', (metric) => {
    fc.assert(
      fc.property(multiLabelDraws({ minTexts: 2, maxTexts: 5, maxLabels: 3 }), (draw) => {
        const sweep = sweepThresholds(draw.logits, draw.expected, draw.labels, { metric, minSupport: 1 });
        const found = sweep.perLabel.map(({ logit }) => logit);
        const choices = sweep.perLabel.map(({ tuned, logit }, label) =>
          tuned ? cutsOf(draw.logits.filter((_, i) => i % draw.classes === label)) : [logit],
        );
        const all = choices.reduce<number[][]>((some, cuts) => some.flatMap((a) => cuts.map((b) => [...a, b])), [[]]);
        const best = Math.max(...all.map((cuts) => scoreAt(draw, cuts)[metric]));
        expect(scoreAt(draw, found)[metric]).toBeCloseTo(best, 9);
        expect(sweep.scores.perLabel[metric]).toBeCloseTo(best, 9);
      }),
      { numRuns: 60 },
    );
  });

  it('tells the truth along the curve, in two scales', () => {
    fc.assert(
      fc.property(multiLabelDraws(), (draw) => {
        const { curve, global } = sweepThresholds(draw.logits, draw.expected, draw.labels, { points: 9 });
        for (const { logit, probability, microF1, macroF1, macroPrecision, microRecall } of curve) {
          const scored = scoreAt(draw, logit);
          expect([microF1, macroF1, macroPrecision, microRecall]).toEqual(
            [scored.microF1, scored.macroF1, scored.macroPrecision, scored.microRecall].map(
              (x) => expect.closeTo(x, 9) as unknown,
            ),
          );
          expect(probability).toBe(sigmoid(logit));
        }
        expect(curve.map(({ logit }) => logit)).toContain(global.logit);
        expect(curve).toEqual(curve.toSorted((a, b) => b.logit - a.logit));
      }),
    );
  });

  it('cuts probabilities as it cuts logits', () => {
    const logits = Float32Array.from({ length: 300 }, (_, i) => Math.sin(i * 7.3) * 4);
    const expected = Uint8Array.from(logits, (z, i) => Number(z > (i % 3) + Math.cos(i)));
    const { global, perLabel } = sweepThresholds(logits, expected, ['a', 'b', 'c']);
    const probabilities = Float32Array.from(logits, sigmoid);
    expect(applyThresholds(probabilities, 3, global.probability)).toEqual(applyThresholds(logits, 3, global.logit));
    const [byLogit, byProbability] = [perLabel.map(({ logit }) => logit), perLabel.map((one) => one.probability)];
    expect(applyThresholds(probabilities, 3, byProbability)).toEqual(applyThresholds(logits, 3, byLogit));
  });

  it('puts thresholds halfway, and keeps the global one for rare labels', () => {
    // Label 0 is told apart between 1 and 2; label 1 has one text.
    const logits = Float32Array.of(1, -3, 1, -3, 2, -1, 2, -3);
    const expected = Uint8Array.of(0, 0, 0, 0, 1, 1, 1, 0);
    const sweep = sweepThresholds(logits, expected, ['often', 'rare'], { minSupport: 2, labelPoints: 6 });
    expect(sweep.perLabel[0]).toMatchObject({ logit: 1.5, tuned: true, f1: 1, f1AtHalf: 2 / 3 });
    expect(sweep.perLabel[1]).toMatchObject({ ...sweep.global, tuned: false, support: 1 });
    expect(sweep.perLabel[0]!.curve!.some(({ f1 }) => f1 === 1)).toBe(true);
  });

  it('stays at one half where no label occurs, and finite everywhere', () => {
    const nothing = sweepThresholds(Float32Array.of(1e4, -1e4), new Uint8Array(2), ['a', 'b']);
    expect(nothing.global).toEqual({ logit: 0, probability: 0.5 });
    fc.assert(
      fc.property(multiLabelDraws(), ({ logits, expected, labels }) => {
        expect(numbersIn(sweepThresholds(logits, expected, labels, { labelPoints: 5 })).every(Number.isFinite)).toBe(
          true,
        );
      }),
    );
  });
});
