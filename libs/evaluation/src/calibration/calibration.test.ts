import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  calibrate,
  fitSigmoidTemperature,
  fitSoftmaxTemperature,
  sigmoidCalibration,
  softmaxCalibration,
} from '../index.ts';
import { createRandom } from '../random.ts';
import { multiLabelDraws, numbersIn, rows, singleLabelDraws } from '../testing.ts';

const uniform = (seed: number): (() => number) => {
  const random = createRandom(seed);
  return () => random() / 2 ** 32;
};

/** Texts whose labels are drawn from softmax(logits / temperature): the right temperature is known. */
const drawnTexts = (n: number, classes: number, temperature: number) => {
  const next = uniform(n + classes);
  const logits = Float32Array.from({ length: n * classes }, () => 6 * (next() + next() + next() - 1.5));
  const expected = Int32Array.from(rows(logits, classes), (z) => {
    const weights = z.map((x) => Math.exp(x / temperature));
    let left = next() * weights.reduce((sum, x) => sum + x, 0);
    return Math.max(
      0,
      weights.findIndex((x) => (left -= x) < 0),
    );
  });
  return { logits, expected };
};

/** Float64, straight from the definitions. */
const naiveLoss = (logits: Float32Array, expected: Int32Array, classes: number, temperature: number): number =>
  rows(logits, classes).reduce((sum, z, text) => {
    const largest = Math.max(...z);
    const total = z.reduce((all, x) => all + Math.exp((x - largest) / temperature), 0);
    return sum + Math.log(total) - (z[expected[text]!]! - largest) / temperature;
  }, 0) / expected.length;

const naiveBinaryLoss = (logits: Float32Array, expected: Uint8Array, temperature: number): number =>
  [...logits].reduce((sum, z, i) => {
    const wrong = (expected[i] === 1 ? -z : z) / temperature;
    return sum + Math.max(wrong, 0) + Math.log(1 + Math.exp(-Math.abs(wrong)));
  }, 0) / logits.length;

describe('fitting a temperature', () => {
  it.each([0.5, 1, 2.5])('finds the one that labels were drawn with: %d', (temperature) => {
    const { logits, expected } = drawnTexts(6000, 4, temperature);
    const fitted = fitSoftmaxTemperature(logits, expected, 4);
    expect(fitted.temperature / temperature).toBeCloseTo(1, 1);
    expect(fitted.lossBefore).toBeCloseTo(naiveLoss(logits, expected, 4, 1), 9);
    expect(fitted.lossAfter).toBeCloseTo(naiveLoss(logits, expected, 4, fitted.temperature), 9);
    const near = [0.98, 1.02].map((factor) => naiveLoss(logits, expected, 4, factor * fitted.temperature));
    expect(Math.min(...near)).toBeGreaterThan(fitted.lossAfter);
  });

  it('does so for multi-label logits', () => {
    const next = uniform(5);
    const logits = Float32Array.from({ length: 20_000 }, () => 8 * (next() - 0.5));
    const expected = Uint8Array.from(logits, (z) => Number(next() < 1 / (1 + Math.exp(-z / 2))));
    const { temperature, lossBefore, lossAfter } = fitSigmoidTemperature(logits, expected);
    expect(temperature).toBeCloseTo(2, 0);
    expect(lossBefore).toBeCloseTo(naiveBinaryLoss(logits, expected, 1), 12);
    // At the least loss the slope is 0: its parabola through three points has its vertex there.
    const [below, at, above] = [0.999, 1, 1.001].map((factor) =>
      naiveBinaryLoss(logits, expected, factor * temperature),
    );
    expect(lossAfter).toBeCloseTo(at!, 12);
    expect((0.001 * (below! - above!)) / (2 * (below! - 2 * at! + above!))).toBeCloseTo(0, 5);
  });

  it('never makes the loss worse, and copes with ±1e4', () => {
    fc.assert(
      fc.property(singleLabelDraws({ unseen: true }), multiLabelDraws(), (single, multi) => {
        for (const fitted of [
          fitSoftmaxTemperature(single.logits, single.expected, single.classes),
          fitSigmoidTemperature(multi.logits, multi.expected),
        ]) {
          expect(numbersIn(fitted).every(Number.isFinite)).toBe(true);
          expect(fitted.temperature).toBeGreaterThan(0);
          expect(fitted.lossAfter).toBeLessThanOrEqual(fitted.lossBefore);
        }
      }),
    );
    const wrong = fitSoftmaxTemperature(Float32Array.of(1e4, -1e4, 1e4, -1e4, 1e4, -1e4), Int32Array.of(0, 0, 1), 2);
    // A third is wrong: the right confidence is 2/3, the right difference log 2.
    expect(wrong.temperature).toBeCloseTo(2e4 / Math.log(2), 0);
  });
});

describe('calibration figures', () => {
  it('are what the definitions say: single-label', () => {
    fc.assert(
      fc.property(singleLabelDraws(), fc.constantFrom(0.5, 1, 3), ({ n, classes, logits, expected }, temperature) => {
        const figures = softmaxCalibration(logits, expected, classes, { temperature, bins: 4 });
        if (n === 0) {
          expect(figures).toMatchObject({ n: 0, loss: 0, brier: 0, ece: 0 });
          return;
        }
        const texts = rows(logits, classes).map((z, text) => {
          const powers = z.map((x) => Math.exp((x - Math.max(...z)) / temperature));
          const p = powers.map((x) => x / powers.reduce((sum, y) => sum + y, 0));
          const brier = p.reduce((sum, x, i) => sum + (x - Number(i === expected[text])) ** 2, 0);
          const answer = z.indexOf(Math.max(...z));
          return { brier, confidence: p[answer]!, right: Number(answer === expected[text]) };
        });
        expect(figures.brier).toBeCloseTo(texts.reduce((sum, { brier }) => sum + brier, 0) / n, 9);
        expect(figures.loss).toBeCloseTo(naiveLoss(logits, expected, classes, temperature), 6);
        const gaps = [0, 1, 2, 3].map((bin) => {
          const inside = texts.filter((text) => Math.min(3, Math.floor(text.confidence * 4)) === bin);
          return Math.abs(inside.reduce((sum, { confidence, right }) => sum + confidence - right, 0)) / n;
        });
        expect(figures.ece).toBeCloseTo(
          gaps.reduce((sum, gap) => sum + gap, 0),
          9,
        );
        const { bins, equalMassBins } = figures;
        for (const all of [bins, equalMassBins]) expect(all.reduce((sum, { count }) => sum + count, 0)).toBe(n);
        expect(numbersIn(figures).every(Number.isFinite)).toBe(true);
      }),
    );
  });

  it('are what the definitions say: multi-label', () => {
    fc.assert(
      fc.property(multiLabelDraws({ minTexts: 1 }), ({ logits, expected }) => {
        const figures = sigmoidCalibration(logits, expected);
        const brier = [...logits].map((z, i) => (1 / (1 + Math.exp(-z)) - expected[i]!) ** 2);
        expect(figures.brier).toBeCloseTo(brier.reduce((sum, x) => sum + x, 0) / logits.length, 9);
        expect(figures.loss).toBeCloseTo(naiveBinaryLoss(logits, expected, 1), 9);
        const decisions = [...logits].map((z, i) => [1 / (1 + Math.exp(-z)), expected[i]!] as const);
        figures.bins.forEach(({ count, confidence, accuracy }, bin) => {
          const inside = decisions.filter(([p]) => Math.min(14, Math.floor(p * 15)) === bin);
          const [confidences, rights] = [0, 1].map((part) => inside.reduce((sum, one) => sum + one[part]!, 0));
          expect(count).toBe(inside.length);
          expect([confidence * count, accuracy * count]).toEqual([
            expect.closeTo(confidences!, 9),
            expect.closeTo(rights!, 9),
          ]);
        });
        for (const { lower, upper, count, accuracy } of figures.equalMassBins) {
          const inside = decisions.filter(
            ([p]) => Math.fround(lower) <= Math.fround(p) && Math.fround(p) <= Math.fround(upper),
          );
          expect(count).toBe(inside.length);
          expect(accuracy * count).toBeCloseTo(
            inside.reduce((sum, [, carries]) => sum + carries, 0),
            9,
          );
        }
        expect(numbersIn(figures).every(Number.isFinite)).toBe(true);
      }),
    );
  });

  it('puts the same number of decisions into bins of equal mass', () => {
    const logits = Float32Array.from({ length: 1000 }, (_, i) => Math.sin(i) * 6);
    const { equalMassBins } = sigmoidCalibration(logits, new Uint8Array(1000), { bins: 10 });
    expect(equalMassBins.map(({ count }) => count)).toEqual(Array<number>(10).fill(100));
    expect(sigmoidCalibration(new Float32Array(8), new Uint8Array(8)).equalMassBins).toHaveLength(1);
  });

  it('says what a temperature mends, on a part of its own', () => {
    const [validation, test] = [drawnTexts(3000, 5, 3), drawnTexts(3001, 5, 3)];
    const report = calibrate('single-label', 5, validation, test);
    expect(report.before.ece).toBeGreaterThan(0.15);
    expect(report.after.ece).toBeLessThan(0.03);
    expect(report.after.eceEqualMass).toBeLessThan(0.03);
    expect(report.after.brier).toBeLessThan(report.before.brier);
    expect(report.after.bins).toHaveLength(15);
    expect(() => calibrate('multi-label', 5, validation)).toThrow('wants Uint8Array');
  });
});
