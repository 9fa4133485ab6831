// For tests: random answers, and what Python's libraries answered (fixtures/record-more.py).
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import type { MultiLabelAnswers } from './multi-label-answers.ts';

interface Reference {
  multiLabel: {
    expected: number[];
    logits: number[];
    labels: number;
    metrics: Record<string, number>;
    ranking: Record<string, number>;
  }[];
  singleLabel: {
    expected: number[];
    logits: number[];
    classes: number;
    given: number[];
    metrics: Record<string, number>;
    topK: number[];
    confidentLearning: {
      suspects: number[];
      selfConfidence: number[];
      normalizedMargin: number[];
    };
  }[];
  detection: { scores: number[]; inScope: number[]; auroc: number; auprIn: number; auprOut: number; fpr95: number }[];
  mcnemar: [onlyA: number, onlyB: number, p: number][];
}
export const reference = JSON.parse(
  readFileSync(new URL('../fixtures/reference.json', import.meta.url), 'utf8'),
) as Reference;

export const labelNames = (count: number): string[] => Array.from({ length: count }, (_, i) => `label ${i}`);

/** Logits with ties, extremes and the plain kind. */
const logit = fc.oneof(
  { weight: 6, arbitrary: fc.integer({ min: -12, max: 12 }).map((z) => z / 4) },
  { weight: 2, arbitrary: fc.float({ min: -20, max: 20, noNaN: true }) },
  { weight: 1, arbitrary: fc.constantFrom(-1e4, 1e4, 0, -0) },
);

export interface MultiLabelDraw extends MultiLabelAnswers {
  n: number;
  classes: number;
  logits: Float32Array;
}

/** Multi-label answers of a few texts; predictions are independent of the logits. */
export const multiLabelDraws = ({ minTexts = 0, maxTexts = 12, maxLabels = 5 } = {}): fc.Arbitrary<MultiLabelDraw> =>
  fc
    .record({ n: fc.integer({ min: minTexts, max: maxTexts }), classes: fc.integer({ min: 1, max: maxLabels }) })
    .chain(({ n, classes }) => {
      const size = { minLength: n * classes, maxLength: n * classes };
      return fc.record({
        n: fc.constant(n),
        classes: fc.constant(classes),
        labels: fc.constant(labelNames(classes)),
        expected: fc.uint8Array({ ...size, max: 1 }),
        predicted: fc.uint8Array({ ...size, max: 1 }),
        logits: fc.array(logit, size).map((values) => Float32Array.from(values)),
      });
    });

export interface SingleLabelDraw {
  n: number;
  classes: number;
  labels: string[];
  expected: Int32Array;
  predicted: Int32Array;
  logits: Float32Array;
}

/** Single-label answers of a few texts; −1 (unseen) among the right labels where asked for. */
export const singleLabelDraws = ({
  maxTexts = 12,
  maxLabels = 5,
  unseen = false,
} = {}): fc.Arbitrary<SingleLabelDraw> =>
  fc
    .record({ n: fc.integer({ min: 0, max: maxTexts }), classes: fc.integer({ min: 1, max: maxLabels }) })
    .chain(({ n, classes }) => {
      const size = { minLength: n, maxLength: n };
      return fc.record({
        n: fc.constant(n),
        classes: fc.constant(classes),
        labels: fc.constant(labelNames(classes)),
        expected: fc.int32Array({ ...size, min: unseen ? -1 : 0, max: classes - 1 }),
        predicted: fc.int32Array({ ...size, min: 0, max: classes - 1 }),
        logits: fc
          .array(logit, { minLength: n * classes, maxLength: n * classes })
          .map((values) => Float32Array.from(values)),
      });
    });

/** Every number inside, at any depth: to see that none is NaN or infinite. */
export const numbersIn = (value: unknown): number[] => {
  if (typeof value === 'number') return [value];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(numbersIn) : [];
};

/** A matrix as rows. */
export const rows = (values: Float32Array | Uint8Array | readonly number[], width: number): number[][] =>
  Array.from({ length: values.length / width }, (_, i) => [...values.slice(i * width, (i + 1) * width)]);
