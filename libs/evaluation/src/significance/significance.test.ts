import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  classificationMetrics,
  compareMultiLabelRuns,
  compareSingleLabelRuns,
  mcnemarExact,
  meanInterval,
  multiLabelIntervals,
  multiLabelMetrics,
  relaxedCriteria,
  selectRows,
  singleLabelIntervals,
} from '../index.ts';
import { createRandom } from '../random.ts';
import { multiLabelDraws, numbersIn, reference, singleLabelDraws, type MultiLabelDraw } from '../testing.ts';

const uniform = (seed: number): (() => number) => {
  const random = createRandom(seed);
  return () => random() / 2 ** 32;
};

/** Answers that are right with a probability, over unequal classes. */
const answers = (n: number, classes: number, share: number, seed: number) => {
  const next = uniform(seed);
  const expected = Int32Array.from({ length: n }, () => Math.floor(next() ** 2 * classes));
  const predicted = expected.map((label) => (next() < share ? label : Math.floor(next() * classes)));
  const labels = Array.from({ length: classes }, (_, i) => String(i));
  return { expected, predicted, labels };
};

describe('intervals', () => {
  it('are around the figures that the metrics give', () => {
    fc.assert(
      fc.property(singleLabelDraws({ unseen: true }), ({ expected, predicted, labels }) => {
        const metrics = classificationMetrics(expected, predicted, labels);
        for (const method of ['percentile', 'bca'] as const) {
          const { figures } = singleLabelIntervals(expected, predicted, labels, { resamples: 20, method });
          for (const name of ['accuracy', 'macroF1', 'weightedF1', 'balancedAccuracy', 'mcc'] as const)
            expect(figures[name].estimate).toBeCloseTo(metrics[name], 12);
          for (const { lower, upper } of Object.values(figures)) expect(lower).toBeLessThanOrEqual(upper);
          expect(numbersIn(figures).every(Number.isFinite)).toBe(true);
        }
      }),
      { numRuns: 50 },
    );
    fc.assert(
      fc.property(multiLabelDraws(), (draw) => {
        const metrics = { ...multiLabelMetrics(draw), ...relaxedCriteria(draw) };
        const { figures } = multiLabelIntervals(draw, { resamples: 5, method: 'bca' });
        for (const [name, { estimate }] of Object.entries(figures))
          expect(estimate).toBeCloseTo(metrics[name as 'microF1'], 12);
      }),
      { numRuns: 50 },
    );
  });

  it('have the width that the normal distribution gives to a mean', () => {
    const { expected, predicted, labels } = answers(2000, 10, 0.8, 1);
    const { accuracy } = singleLabelIntervals(expected, predicted, labels).figures;
    const error = 1.96 * Math.sqrt((accuracy.estimate * (1 - accuracy.estimate)) / 2000);
    expect((accuracy.upper - accuracy.lower) / (2 * error)).toBeCloseTo(1, 0);
    expect(accuracy.lower).toBeCloseTo(accuracy.estimate - error, 2);
    expect(accuracy.upper).toBeCloseTo(accuracy.estimate + error, 2);
    const right = expected.map((label, i) => Number(label === predicted[i]));
    expect(meanInterval(right)).toEqual(accuracy);
  });

  it.each(['percentile', 'bca'] as const)('cover the truth about as often as they say: %s', (method) => {
    let inside = 0;
    for (let round = 0; round < 200; round++) {
      const next = uniform(round);
      const values = Float64Array.from({ length: 60 }, () => -Math.log(1 - next())); // exponential: mean 1, skewed
      const { lower, upper } = meanInterval(values, { resamples: 300, level: 0.9, method, seed: round });
      if (lower <= 1 && 1 <= upper) inside += 1;
    }
    expect(inside / 200).toBeGreaterThan(0.82);
    expect(inside / 200).toBeLessThan(0.97);
  });

  it('are the same for the same seed, and refuse options out of range', () => {
    const { expected, predicted, labels } = answers(100, 5, 0.7, 2);
    const draw = (seed: number) => singleLabelIntervals(expected, predicted, labels, { seed }).figures;
    expect(draw(1)).toEqual(draw(1));
    expect(draw(1)).not.toEqual(draw(2));
    expect(() => meanInterval([1], { level: 95 })).toThrow('level is 95');
    expect(() => meanInterval([1], { resamples: 0 })).toThrow('resamples is 0');
  });
});

/** Texts picked by index, with everything that belongs to them. */
const picked = ({ labels, classes, expected }: MultiLabelDraw, predicted: Uint8Array, texts: readonly number[]) => {
  const answers = {
    labels,
    expected: selectRows(expected, texts, classes),
    predicted: selectRows(predicted, texts, classes),
  };
  return { ...multiLabelMetrics(answers), ...relaxedCriteria(answers) };
};

describe('counting instead of scoring anew', () => {
  it('gives the intervals of resampled texts', () => {
    fc.assert(
      fc.property(multiLabelDraws({ minTexts: 1, maxTexts: 6, maxLabels: 3 }), fc.integer(), (draw, seed) => {
        const { n } = draw;
        const random = createRandom(seed);
        const scored = Array.from({ length: 5 }, () =>
          picked(
            draw,
            draw.predicted,
            Array.from({ length: n }, () => Math.floor((random() / 2 ** 32) * n)),
          ),
        );
        const { figures } = multiLabelIntervals(draw, { resamples: 5, level: 0.5, seed });
        for (const [name, { lower, upper }] of Object.entries(figures)) {
          const values = scored.map((metrics) => metrics[name as 'microF1']).sort((a, b) => a - b);
          expect([name, lower, upper]).toEqual([name, expect.closeTo(values[1]!, 12), expect.closeTo(values[3]!, 12)]);
        }
      }),
      { numRuns: 60 },
    );
  });

  it('gives the p of answers that changed sides', () => {
    fc.assert(
      fc.property(multiLabelDraws({ minTexts: 1, maxTexts: 40, maxLabels: 2 }), fc.integer(), (draw, seed) => {
        const { n, classes, expected, predicted: one } = draw;
        // The other run differs in every third text alone.
        const other = one.map((given, i) => (Math.floor(i / classes) % 3 === 0 ? expected[i]! : given));
        const all = Array.from({ length: n }, (_, text) => text);
        const difference = (a: Uint8Array, b: Uint8Array, name: 'microF1'): number =>
          picked(draw, b, all)[name] - picked(draw, a, all)[name];
        const random = createRandom(~seed);
        const swaps = Array.from({ length: 7 }, () => {
          const words = Array.from({ length: Math.ceil(n / 32) }, random);
          const swapped = (i: number): boolean => {
            const text = Math.floor(i / classes);
            return ((words[text >>> 5]! >>> (text & 31)) & 1) === 1;
          };
          return [one, other].map((own, run) => own.map((given, i) => (swapped(i) ? [other, one][run]![i]! : given)));
        });
        const { figures } = compareMultiLabelRuns(draw, one, other, { resamples: 7, seed });
        for (const [name, { p, test }] of Object.entries(figures)) {
          if (test === 'mcnemar') continue;
          const seen = Math.abs(difference(one, other, name as 'microF1'));
          const asLarge = swaps.filter(([a, b]) => Math.abs(difference(a!, b!, name as 'microF1')) >= seen - 1e-12);
          expect([name, p]).toEqual([name, (asLarge.length + 1) / 8]);
        }
      }),
      { numRuns: 60 },
    );
  });
});

describe('comparing two runs', () => {
  it.each(reference.mcnemar)('McNemar’s exact test of %i against %i is SciPy’s binomtest', (a, b, p) => {
    expect(mcnemarExact(a, b) / p).toBeCloseTo(1, 9);
    expect(mcnemarExact(b, a)).toBeCloseTo(mcnemarExact(a, b), 12);
  });

  it('tells a better run from an equal one', () => {
    const { expected, predicted, labels } = answers(1500, 8, 0.7, 3);
    const next = uniform(9);
    const better = predicted.map((answer, i) => (next() < 0.25 ? expected[i]! : answer));
    const found = compareSingleLabelRuns(expected, predicted, better, labels, { resamples: 200 });
    for (const { lower, p, difference, a, b } of Object.values(found.figures)) {
      expect(lower).toBeGreaterThan(0);
      expect(p).toBeLessThan(0.01);
      expect(difference).toBeCloseTo(b - a, 12);
    }
    expect(found.figures.accuracy.test).toBe('mcnemar');
    expect(found.onlyA).toBe(0);
    const same = compareSingleLabelRuns(expected, predicted, predicted, labels, { resamples: 50 });
    for (const { p, lower, upper } of Object.values(same.figures)) expect([p, lower, upper]).toEqual([1, 0, 0]);
  });

  it('has p-values that are even where runs are equally good', () => {
    let small = 0;
    for (let round = 0; round < 100; round++) {
      const next = uniform(1000 + round);
      const expected = Int32Array.from({ length: 80 }, () => Math.floor(next() * 3));
      const run = () => expected.map((label) => (next() < 0.6 ? label : Math.floor(next() * 3)));
      const { figures } = compareSingleLabelRuns(expected, run(), run(), ['a', 'b', 'c'], {
        resamples: 99,
        seed: round,
      });
      if (figures.macroF1.p <= 0.2) small += 1;
    }
    expect(small).toBeGreaterThan(8);
    expect(small).toBeLessThan(34);
  });

  it('compares several labels a text', () => {
    const next = uniform(7);
    const expected = Uint8Array.from({ length: 3000 }, () => Number(next() < 0.3));
    const flip = (share: number) => expected.map((x) => (next() < share ? 1 - x : x));
    const found = compareMultiLabelRuns({ labels: ['a', 'b', 'c'], expected }, flip(0.2), flip(0.1), {
      resamples: 200,
    });
    expect(found.figures.macroF1.lower).toBeGreaterThan(0);
    expect(found.figures.macroF1.p).toBeLessThan(0.01);
    expect(found.figures.hammingLoss.upper).toBeLessThan(0);
    expect(found.figures.exactMatch.test).toBe('mcnemar');
    expect(found.figures.exactMatch.p).toBeLessThan(0.01);
  });
});
