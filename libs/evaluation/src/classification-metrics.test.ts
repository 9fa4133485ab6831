import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { classificationMetrics, confusionMatrix, mostConfused, type ClassificationMetrics } from './index.ts';
import { indexOfLargest } from '@taxon/probability';
import { labelNames, numbersIn, reference, rows } from './testing.ts';

interface RecordedCase {
  name: string;
  labels: string[];
  expected: string[];
  predicted: string[];
  answer: Omit<ClassificationMetrics, 'n'> & { confusion: { labels: string[]; counts: number[][] } | null };
}
const recorded = JSON.parse(readFileSync(new URL('../fixtures/scikit-learn.json', import.meta.url), 'utf8')) as {
  cases: RecordedCase[];
};

const encode = ({ labels, expected, predicted }: RecordedCase) =>
  [
    Int32Array.from(expected, (label) => labels.indexOf(label)),
    Int32Array.from(predicted, (label) => labels.indexOf(label)),
    labels,
    expected.filter((label) => !labels.includes(label)),
  ] as const;

describe('classificationMetrics, against numbers recorded from scikit-learn (fixtures/record.py)', () => {
  it.each(recorded.cases)('$name', (recordedCase) => {
    const { answer } = recordedCase;
    const metrics = classificationMetrics(...encode(recordedCase));
    expect(metrics.n).toBe(recordedCase.expected.length);
    for (const figure of ['accuracy', 'macroF1', 'weightedF1'] as const)
      expect(metrics[figure]).toBeCloseTo(answer[figure], 12);
    const byLabel = new Map(metrics.perClass.map((row) => [row.label, row]));
    for (const row of answer.perClass) {
      expect(byLabel.get(row.label)?.support).toBe(row.support);
      for (const figure of ['precision', 'recall', 'f1'] as const)
        expect(byLabel.get(row.label)?.[figure]).toBeCloseTo(row[figure], 12);
    }
  });

  it.each(recorded.cases.filter(({ answer }) => answer.confusion !== null))('confusion: $name', (recordedCase) => {
    const { labels, counts } = recordedCase.answer.confusion!;
    const matrix = confusionMatrix(...encode(recordedCase));
    const cells = counts.flatMap((row, e) => row.map((count, p) => [labels[e]!, labels[p]!, count] as const));
    const ours = matrix.cells.map((c) => [matrix.labels[c.expected]!, matrix.labels[c.predicted]!, c.count] as const);
    expect(ours.toSorted()).toEqual(cells.filter(([, , count]) => count > 0).toSorted());
  });
});

describe('labels that training never saw', () => {
  const [expected, predicted, labels] = [Int32Array.of(0, 1, -1, -1), Int32Array.of(0, 1, 0, 1), ['a', 'b']] as const;

  it('count as errors, together where they have no names', () => {
    const metrics = classificationMetrics(expected, predicted, labels);
    expect(metrics.accuracy).toBe(0.5);
    expect(metrics.perClass.at(-1)).toEqual({
      label: '(label unseen in training)',
      precision: 0,
      recall: 0,
      f1: 0,
      support: 2,
    });
    expect(classificationMetrics(expected, predicted, labels, ['x', 'y']).perClass.map(({ label }) => label)).toEqual([
      'a',
      'b',
      'x',
      'y',
    ]);
  });

  it('are refused where they do not fit', () => {
    expect(() => classificationMetrics(expected, predicted, labels, ['x'])).toThrow(RangeError);
    expect(() => classificationMetrics(expected, predicted, labels, ['x', 'y', 'z'])).toThrow('3 names for 2 texts');
    expect(() => classificationMetrics(expected, predicted, labels, ['x', 'a'])).toThrow('the model knows it');
    expect(() => classificationMetrics(expected, Int32Array.of(0, 1, 2, 0), labels)).toThrow(
      'text 2 has the prediction 2',
    );
    expect(() => classificationMetrics(Int32Array.of(0), predicted, labels)).toThrow('1 expected labels, but 4');
  });
});

it('scores nothing as 0', () => {
  const metrics = classificationMetrics(new Int32Array(), new Int32Array(), ['a']);
  expect(metrics.perClass).toEqual([{ label: 'a', precision: 0, recall: 0, f1: 0, support: 0 }]);
  expect(numbersIn(metrics).every((figure) => figure === 0)).toBe(true);
});

it.each(reference.singleLabel.map((one) => [one.classes, one] as const))(
  'averages over %i classes are scikit-learn’s too (fixtures/record-more.py)',
  (classes, { expected, logits, metrics }) => {
    const predicted = rows(logits, classes).map((row) => indexOfLargest(row));
    const found = classificationMetrics(Int32Array.from(expected), Int32Array.from(predicted), labelNames(classes));
    expect(found).toMatchObject(
      Object.fromEntries(Object.entries(metrics).map(([name, value]) => [name, expect.closeTo(value, 12)])),
    );
    for (const micro of ['microPrecision', 'microRecall', 'microF1'] as const)
      expect(found[micro]).toBeCloseTo(found.accuracy, 12);
  },
);

it('names the pairs confused most', () => {
  const matrix = confusionMatrix(Int32Array.of(0, 0, 0, 1, 1, 2), Int32Array.of(1, 1, 0, 0, 1, 0), ['a', 'b', 'c']);
  expect(mostConfused(matrix, 2)).toEqual([
    { expected: 'a', predicted: 'b', count: 2, share: 2 / 3 },
    { expected: 'c', predicted: 'a', count: 1, share: 1 },
  ]);
});
