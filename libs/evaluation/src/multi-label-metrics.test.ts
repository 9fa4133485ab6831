import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { applyThresholds, multiLabelMetrics, withUnseenLabels, type MultiLabelAnswers } from './index.ts';
import { labelNames, multiLabelDraws, reference, rows } from './testing.ts';

describe('multiLabelMetrics', () => {
  it.each(reference.multiLabel.map((one) => [one.labels, one] as const))(
    'of %i labels are scikit-learn’s',
    (_, one) => {
      const metrics = multiLabelMetrics({
        labels: labelNames(one.labels),
        expected: Uint8Array.from(one.expected),
        predicted: applyThresholds(Float32Array.from(one.logits), one.labels, 0),
      });
      for (const [name, value] of Object.entries(one.metrics))
        expect([name, metrics[name as 'microF1']]).toEqual([name, expect.closeTo(value, 12)]);
    },
  );

  it('is what sets of labels say', () => {
    fc.assert(
      fc.property(multiLabelDraws(), (draw) => {
        const metrics = multiLabelMetrics(draw);
        const pairs = rows(draw.expected, draw.classes).map((e, i) => ({
          e,
          p: rows(draw.predicted, draw.classes)[i]!,
        }));
        const exact = pairs.filter(({ e, p }) => e.join() === p.join()).length;
        expect(metrics.exactMatch).toBeCloseTo(exact / Math.max(1, draw.n), 12);
        const perLabel = draw.labels.map((_, l) => {
          const hits = pairs.filter(({ e, p }) => e[l] === 1 && p[l] === 1).length;
          const either = pairs.filter(({ e, p }) => e[l] === 1 || p[l] === 1).length;
          const both = pairs.reduce((sum, { e, p }) => sum + e[l]! + p[l]!, 0);
          return {
            occurs: both > 0,
            f1: both === 0 ? 0 : (2 * hits) / both,
            jaccard: either === 0 ? 0 : hits / either,
          };
        });
        expect(metrics.perLabel.map(({ f1 }) => f1)).toEqual(
          perLabel.map(({ f1 }) => expect.closeTo(f1, 12) as unknown),
        );
        expect(metrics.perLabel.map(({ jaccard }) => jaccard)).toEqual(
          perLabel.map(({ jaccard }) => expect.closeTo(jaccard, 12) as unknown),
        );
        const occurring = perLabel.filter(({ occurs }) => occurs);
        const macro = occurring.reduce((sum, { f1 }) => sum + f1, 0) / Math.max(1, occurring.length);
        expect(metrics.macroF1).toBeCloseTo(macro, 12);
      }),
    );
  });

  it('leaves labels that do not occur out of macro averages', () => {
    const answers: MultiLabelAnswers = {
      labels: ['a', 'never'],
      expected: Uint8Array.of(1, 0, 1, 0),
      predicted: Uint8Array.of(1, 0, 0, 0),
    };
    expect(multiLabelMetrics(answers)).toMatchObject({ macroF1: 2 / 3, macroRecall: 0.5, hammingLoss: 0.25 });
  });

  it('counts labels unseen in training as missed', () => {
    const answers: MultiLabelAnswers = {
      labels: ['a'],
      expected: Uint8Array.of(1, 0),
      predicted: Uint8Array.of(1, 0),
    };
    const widened = withUnseenLabels(answers, [[], ['x', 'y']]);
    expect(widened.labels).toEqual(['a', 'x', 'y']);
    expect([...widened.expected]).toEqual([1, 0, 0, 0, 1, 1]);
    expect([...widened.predicted]).toEqual([1, 0, 0, 0, 0, 0]);
    expect(multiLabelMetrics(widened)).toMatchObject({ exactMatch: 0.5, microRecall: 1 / 3, macroF1: 1 / 3 });
  });

  it('refuses what does not fit', () => {
    const answers = { labels: ['a', 'b'], expected: new Uint8Array(4), predicted: new Uint8Array(2) };
    expect(() => multiLabelMetrics(answers)).toThrow('expected holds 4 values, but predicted 2');
    expect(() => multiLabelMetrics({ ...answers, expected: new Uint8Array(3), predicted: new Uint8Array(3) })).toThrow(
      'no multiple of 2 labels',
    );
    expect(() => applyThresholds(new Float32Array(4), 2, [0])).toThrow('1 thresholds for 2 labels');
  });
});
