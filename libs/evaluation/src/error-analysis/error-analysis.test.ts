import { parse } from 'csv-parse/sync';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  classificationMetrics,
  confusedLabels,
  mistakesCsv,
  multiLabelErrors,
  multiLabelMistakes,
  singleLabelErrors,
  singleLabelMistakes,
  type MistakeRow,
} from '../index.ts';
import { multiLabelDraws, rows, singleLabelDraws } from '../testing.ts';

const answers = {
  labels: ['a', 'b', 'c'],
  expected: Uint8Array.of(1, 1, 0, 1, 0, 0, 1, 0, 0, 0, 1, 0),
  predicted: Uint8Array.of(1, 0, 1, 0, 1, 1, 0, 0, 1, 0, 1, 0),
};
const logits = Float32Array.of(2, -1, 3, -0.5, 1, 0.5, -4, -3, 0.1, -1, 1, -2);
const texts = ['one', 'two', 'three', 'four'].map((text, i) => ({ text, line: i + 1, source: 'web' }));

describe('errors by label', () => {
  it('names the surest first', () => {
    const [a, b, c] = multiLabelErrors(answers, logits, 1);
    expect(a).toEqual({
      label: 'a',
      support: 3,
      falsePositives: { count: 0, examples: [] },
      falseNegatives: { count: 2, examples: [2] },
    });
    expect(b!.falseNegatives).toEqual({ count: 1, examples: [0] });
    expect(c!.falsePositives).toEqual({ count: 3, examples: [0] });
  });

  it('counts what the metrics count', () => {
    fc.assert(
      fc.property(singleLabelDraws({ unseen: true }), ({ expected, predicted, labels, logits: scores }) => {
        const metrics = classificationMetrics(expected, predicted, labels).perClass;
        const errors = singleLabelErrors(expected, predicted, labels, { scores });
        expect(errors.map(({ label, support }) => [label, support])).toEqual(
          metrics.map(({ label, support }) => [label, support]),
        );
        errors.forEach(({ falseNegatives, falsePositives }, i) => {
          const hits = Math.round(metrics[i]!.recall * metrics[i]!.support);
          expect(falseNegatives.count).toBe(metrics[i]!.support - hits);
          expect(falsePositives.count).toBe(predicted.filter((answer) => answer === i).length - hits);
          for (const text of falsePositives.examples) expect(predicted[text]).toBe(i);
        });
      }),
    );
  });
});

describe('confused labels', () => {
  it('pairs what was missed with what was given', () => {
    expect(confusedLabels(answers, 9)).toEqual([
      { expected: 'a', predicted: 'c', count: 2, share: 2 / 3 },
      { expected: 'b', predicted: 'c', count: 1, share: 0.5 },
      { expected: 'a', predicted: 'b', count: 1, share: 1 / 3 },
    ]);
  });

  it('counts every pair of a text', () => {
    fc.assert(
      fc.property(multiLabelDraws(), (draw) => {
        const pairs = rows(draw.expected, draw.classes).reduce((sum, e, text) => {
          const p = rows(draw.predicted, draw.classes)[text]!;
          const missed = e.filter((x, i) => x === 1 && p[i] === 0).length;
          return sum + missed * p.filter((x, i) => x === 1 && e[i] === 0).length;
        }, 0);
        expect(confusedLabels(draw, 99).reduce((sum, { count }) => sum + count, 0)).toBe(pairs);
      }),
    );
  });
});

describe('mistake rows', () => {
  it('list the surest wrong decisions first, with scores', () => {
    const found = multiLabelMistakes(texts, answers, logits, { others: 0 });
    expect(found.map(({ index }) => index)).toEqual([2, 0, 1]);
    expect(found[1]).toEqual({
      index: 0,
      text: 'one',
      line: 1,
      source: 'web',
      expected: ['a', 'b'],
      predicted: ['a', 'c'],
      missed: ['b'],
      extra: ['c'],
      confidence: 1 / (1 + Math.exp(-3)),
      scores: [
        { label: 'c', probability: expect.closeTo(0.953, 3) },
        { label: 'a', probability: expect.closeTo(0.881, 3) },
        { label: 'b', probability: expect.closeTo(0.269, 3) },
      ],
    });
  });

  it('name every label that is right or given, and the best of the others', () => {
    fc.assert(
      fc.property(multiLabelDraws({ maxLabels: 6 }), fc.integer({ min: 0, max: 3 }), (draw, others) => {
        const { n, classes, labels } = draw;
        const named = Array.from({ length: n }, (_, i) => ({ text: String(i) }));
        const found = multiLabelMistakes(named, draw, draw.logits, { others });
        for (const { index, expected, predicted, missed, extra, scores } of found) {
          const of = (values: Uint8Array | Float32Array, i: number): number => values[index * classes + i]!;
          expect(expected).toEqual(labels.filter((_, i) => of(draw.expected, i) === 1));
          expect(predicted).toEqual(labels.filter((_, i) => of(draw.predicted, i) === 1));
          expect(missed).toEqual(expected.filter((label) => !predicted.includes(label)));
          expect(extra).toEqual(predicted.filter((label) => !expected.includes(label)));
          const falling = labels
            .map((label, i) => ({ label, probability: Math.fround(1 / (1 + Math.exp(-of(draw.logits, i)))) }))
            .sort((a, b) => b.probability - a.probability);
          const own = new Set([...expected, ...predicted]);
          const best = falling.filter(({ label }) => !own.has(label)).slice(0, others);
          const shown = falling.filter((one) => own.has(one.label) || best.includes(one));
          expect(scores.map(({ label }) => label).sort()).toEqual(shown.map(({ label }) => label).sort());
          expect(scores.map(({ probability }) => probability)).toEqual(shown.map(({ probability }) => probability));
        }
        const wrong = named.filter((_, text) => {
          const own = [text * classes, (text + 1) * classes] as const;
          return String(draw.expected.subarray(...own)) !== String(draw.predicted.subarray(...own));
        });
        expect(found.map(({ text }) => text).sort()).toEqual(wrong.map(({ text }) => text).sort());
      }),
    );
  });

  it('do so for single-label answers and unseen labels', () => {
    const scores = Float32Array.of(2, 0, 0, 0, 3, 0, 1, 0, 0, 0, 1, 0);
    const options = { unseenLabels: ['new'], others: 1 };
    const found = singleLabelMistakes(
      texts,
      Int32Array.of(0, 0, -1, 1),
      Int32Array.of(0, 1, 0, 1),
      answers.labels,
      scores,
      options,
    );
    expect(found.map(({ index, expected, predicted }) => [index, expected, predicted])).toEqual([
      [1, ['a'], ['b']],
      [2, ['new'], ['a']],
    ]);
    expect(found[0]!.scores.map(({ label }) => label)).toEqual(['b', 'a', 'c']);
    expect(found[0]!.confidence).toBeCloseTo(Math.exp(3) / (Math.exp(3) + 2), 6);
  });
});

describe('mistakesCsv', () => {
  const row = (text: string): MistakeRow => ({
    index: 0,
    text,
    expected: ['a, b'],
    predicted: ['c'],
    missed: [],
    extra: ['c'],
    scores: [{ label: 'c', probability: 0.5 }],
    confidence: 0.5,
  });

  it('is read back by a CSV reader, whatever the texts', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'binary', maxLength: 12 }), { maxLength: 6 }), (any) => {
        const csv = mistakesCsv(any.map(row), { guardFormulas: false });
        const read = parse<{ text: string; expected: string }>(csv, {
          columns: true,
          bom: true,
          record_delimiter: '\r\n',
        });
        expect(read.map(({ text }) => text)).toEqual(any);
        expect(read.every(({ expected }) => expected === 'a, b')).toBe(true);
      }),
      { numRuns: 40 },
    );
  });

  it('keeps a spreadsheet from running a text', () => {
    for (const text of ['=1+1', '+1', '-1', '@SUM(A1)', '\t=1'])
      expect(mistakesCsv([row(text)])).toContain(`,'${text},`);
    expect(mistakesCsv([row('=1+1')], { guardFormulas: false })).toContain(',=1+1,');
    expect(mistakesCsv([])).toBe('\uFEFFline,source,text,pair,expected,predicted,missed,extra,confidence,scores\r\n');
  });
});
