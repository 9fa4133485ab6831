import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { likelyLabelErrors, likelyMultiLabelErrors } from '../index.ts';
import { softmaxes } from '@taxon/probability';
import { createRandom } from '../random.ts';
import { labelNames, reference, rows } from '../testing.ts';

describe('likelyLabelErrors', () => {
  it.each(reference.singleLabel.map((one) => [one.classes, one] as const))(
    'of %i classes are the paper’s, and cleanlab’s where the most probable label is a confident one',
    (classes, { logits, given, confidentLearning }) => {
      const probabilities = softmaxes(Float32Array.from(logits), classes);
      const labels = labelNames(classes);
      const found = likelyLabelErrors(probabilities, Int32Array.from(given), labels, { rankBy: 'selfConfidence' });
      const table = rows(probabilities, classes);
      const thresholds = labels.map((_, label) => {
        const own = table.filter((_, text) => given[text] === label).map((p) => p[label]!);
        return own.reduce((sum, x) => sum + x, 0) / own.length;
      });
      const likely = table.map((p) => {
        const confident = [...p.keys()].filter((label) => p[label]! >= thresholds[label]! - 1e-6);
        return confident.sort((a, b) => p[b]! - p[a]!)[0];
      });
      const top = table.map((p) => p.indexOf(Math.max(...p)));
      const indices = found.suspects.map(({ index }) => index).sort((a, b) => a - b);
      const wrong = likely.flatMap((label, i) =>
        label !== undefined && label !== given[i] && top[i] !== given[i] ? [i] : [],
      );
      expect(indices).toEqual(wrong);
      // cleanlab takes the most probable label of all where several are confident, the paper the most probable confident one.
      const agree = (i: number): boolean => likely[i] === top[i];
      expect(indices.filter(agree)).toEqual(confidentLearning.suspects.filter(agree));
      expect(indices.filter(agree).length).toBeGreaterThan(10);
      for (const { index, selfConfidence, normalizedMargin } of found.suspects) {
        expect(selfConfidence).toBeCloseTo(confidentLearning.selfConfidence[index]!, 5);
        // cleanlab maps the margin to 0..1.
        expect((normalizedMargin + 1) / 2).toBeCloseTo(confidentLearning.normalizedMargin[index]!, 5);
      }
      const counted = found.confusions.reduce((sum, { count }) => sum + count, 0);
      expect(counted).toBe(likely.filter((label, i) => label !== undefined && label !== given[i]).length);
      const confidences = found.suspects.map(({ selfConfidence }) => selfConfidence);
      expect(confidences).toEqual(confidences.toSorted((a, b) => a - b));
    },
  );

  it('finds labels that were swapped, and how many', () => {
    const random = createRandom(3);
    const n = 600;
    const truth = Int32Array.from({ length: n }, (_, i) => i % 3);
    const swapped = truth.map((_, i) => Number(i % 10 === 4));
    const given = truth.map((label, i) => (swapped[i] === 1 ? (label + 1) % 3 : label));
    const logits = Float32Array.from({ length: n * 3 }, (_, i) => {
      const noise = (random() + random() + random()) / 2 ** 32 - 1.5;
      return 2 * noise + (truth[Math.floor(i / 3)] === i % 3 ? 4 : 0);
    });
    const { suspects, noise } = likelyLabelErrors(softmaxes(logits, 3), given, ['a', 'b', 'c']);
    expect(noise).toBeCloseTo(0.1, 1);
    const top = suspects.slice(0, 50);
    expect(top.filter(({ index }) => swapped[index] === 1).length).toBeGreaterThan(45);
    for (const { index, suggested } of top.slice(0, 20)) expect(suggested).toBe('abc'[truth[index]!]);
  });

  it('finds for several labels what it finds for each of them against its absence', () => {
    const probability = fc.constantFrom(0, 0.125, 0.25, 0.5, 0.625, 0.75, 1);
    const text = fc.tuple(...Array.from({ length: 3 }, () => fc.tuple(probability, fc.integer({ min: 0, max: 1 }))));
    fc.assert(
      fc.property(fc.array(text, { maxLength: 14 }), (texts) => {
        const labels = labelNames(3);
        const decisions = texts.flat();
        const probabilities = Float32Array.from(decisions, ([p]) => p);
        const given = Uint8Array.from(decisions, ([, carries]) => carries);
        for (const rankBy of ['selfConfidence', 'normalizedMargin'] as const) {
          const found = likelyMultiLabelErrors(probabilities, given, labels, { rankBy });
          labels.forEach((label, i) => {
            const pairs = Float32Array.from(texts.flatMap((row) => [1 - row[i]![0], row[i]![0]]));
            const own = Int32Array.from(texts, (row) => row[i]![1]);
            const alone = likelyLabelErrors(pairs, own, ['absent', 'present'], { rankBy });
            expect(found.suspects.filter((one) => one.label === label)).toEqual(
              alone.suspects.map(({ index, suggested, selfConfidence, normalizedMargin }) => {
                const kind = suggested === 'present' ? 'missing' : 'extra';
                return { index, label, kind, selfConfidence, normalizedMargin };
              }),
            );
            const [absent, present] = alone.perLabel;
            const { noise, ...counts } = found.perLabel[i]!;
            const [missing, extra] = [absent!.suspects, present!.suspects];
            expect(counts).toEqual({ label, support: present!.given, missing, extra });
            expect(noise).toBeCloseTo(alone.noise, 12);
          });
          const ranks = found.suspects.map((one) => one[rankBy]);
          expect(ranks).toEqual(ranks.toSorted((a, b) => a - b));
        }
      }),
    );
  });

  it('takes each label against its absence where there are several', () => {
    const random = createRandom(4);
    const n = 400;
    const truth = Uint8Array.from({ length: n * 2 }, (_, i) => Number((i * 7) % 5 < 2));
    const probabilities = Float32Array.from(truth, (x) => (x === 1 ? 0.8 : 0.2) + (random() / 2 ** 32 - 0.5) / 4);
    const given = truth.slice();
    for (const at of [10, 50, 90, 91]) {
      given[at] = 1 - given[at]!;
      probabilities[at] = truth[at] === 1 ? 0.95 : 0.05;
    }
    const { suspects, perLabel, texts } = likelyMultiLabelErrors(probabilities, given, ['a', 'b']);
    const found = suspects.map(({ index, label }) => index * 2 + Number(label === 'b')).sort((a, b) => a - b);
    expect(found).toEqual([10, 50, 90, 91]);
    for (const { index, label, kind } of suspects)
      expect(kind).toBe(given[index * 2 + Number(label === 'b')] === 1 ? 'extra' : 'missing');
    expect(texts).toBe(3);
    expect(perLabel[0]!.missing + perLabel[0]!.extra).toBe(3);
  });
});
