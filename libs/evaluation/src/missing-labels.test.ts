import { sigmoids, softmaxes } from '@taxon/probability';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import * as evaluation from './index.ts';
import { multiLabelDraws, numbersIn, singleLabelDraws } from './testing.ts';

// A file that lacks labels is everyday: every figure must come out, and be a number.
const finite = (value: unknown): void => expect(numbersIn(value).filter((x) => !Number.isFinite(x))).toEqual([]);
const sources = (n: number): string[] => Array.from({ length: n }, (_, i) => `source ${i % 2}`);

it('single-label figures stand any subset of labels in the data, and labels that the model does not know', () => {
  fc.assert(
    fc.property(
      singleLabelDraws({ unseen: true, maxLabels: 6 }),
      ({ n, classes, labels, expected, predicted, logits }) => {
        const texts = Array.from({ length: n }, (_, i) => ({ text: String(i) }));
        const probabilities = softmaxes(logits, classes);
        const parents = labels.map((_, i) => i % 2);
        const coarse = (values: Int32Array): Int32Array => values.map((label) => (label < 0 ? -1 : parents[label]!));
        const known = Uint8Array.from(expected, (label) => Number(label >= 0));
        const right = Uint8Array.from(expected, (label, i) => Number(label === predicted[i]));
        finite(evaluation.classificationMetrics(expected, predicted, labels));
        finite(evaluation.confusionMatrix(expected, predicted, labels));
        finite(evaluation.topKAccuracy(logits, expected, classes, [1, 3, 99]));
        finite(
          evaluation.hierarchicalMetrics([
            { name: 'coarse', labels: ['x', 'y'], expected: coarse(expected), predicted: coarse(predicted) },
            { name: 'fine', labels, expected, predicted, parents },
          ]),
        );
        finite(evaluation.calibrate('single-label', classes, { logits, expected }));
        finite(evaluation.singleLabelSlices(evaluation.groupByName(sources(n)), expected, predicted, labels));
        finite(evaluation.singleLabelErrors(expected, predicted, labels, { scores: logits }));
        finite(evaluation.singleLabelMistakes(texts, expected, predicted, labels, logits));
        finite(evaluation.likelyLabelErrors(probabilities, expected, labels));
        finite(evaluation.singleLabelIntervals(expected, predicted, labels, { resamples: 5, method: 'bca' }));
        finite(evaluation.compareSingleLabelRuns(expected, predicted, coarse(predicted), labels, { resamples: 5 }));
        const scores = evaluation.confidenceScores(logits, classes, 'entropy');
        finite(evaluation.riskCoverage(scores, right));
        finite(evaluation.outOfScopeDetection(scores, known));
        finite(evaluation.chooseAbstention(scores, known, { inScopeCoverage: 0.9 }, right));
      },
    ),
    { numRuns: 40 },
  );
});

it('multi-label figures stand any subset of labels in the data, and labels that the model does not know', () => {
  fc.assert(
    fc.property(multiLabelDraws(), fc.uint8Array({ minLength: 5, maxLength: 5, max: 1 }), (draw, present) => {
      const { n, classes, labels, logits } = draw;
      const expected = draw.expected.map((x, i) => x & present[i % classes]!);
      const texts = Array.from({ length: n }, (_, i) => ({ text: String(i) }));
      const answers = { labels, expected, predicted: draw.predicted };
      const unseen = texts.map((_, i) => (i % 3 === 0 ? ['new'] : []));
      finite(evaluation.multiLabelMetrics(answers));
      finite(evaluation.multiLabelMetrics(evaluation.withUnseenLabels(answers, unseen)));
      finite(evaluation.rankingMetrics(logits, expected, labels));
      finite(evaluation.relaxedCriteria(answers));
      for (const metric of ['macroF1', 'microF1'] as const)
        finite(evaluation.sweepThresholds(logits, expected, labels, { metric, labelPoints: 4, minSupport: 0 }));
      finite(evaluation.calibrate('multi-label', classes, { logits, expected }));
      const groups = evaluation.groupByLabelCount(expected, classes);
      const table = evaluation.multiLabelSlices(groups, answers);
      finite(evaluation.crossSourceTable(evaluation.crossSourceRows('one', table)));
      finite(evaluation.multiLabelErrors(answers, logits));
      finite(evaluation.confusedLabels(answers, 5));
      finite(evaluation.multiLabelMistakes(texts, answers, logits));
      finite(evaluation.likelyMultiLabelErrors(sigmoids(logits), expected, labels));
      finite(evaluation.multiLabelIntervals(answers, { resamples: 5, method: 'bca' }));
      finite(evaluation.compareMultiLabelRuns(answers, draw.predicted, expected, { resamples: 5 }));
    }),
    { numRuns: 40 },
  );
});

it('no labels and no texts are nothing, not a crash', () => {
  const answers = { labels: [], expected: new Uint8Array(), predicted: new Uint8Array() };
  finite(evaluation.multiLabelMetrics(answers));
  finite(evaluation.rankingMetrics(new Float32Array(), new Uint8Array(), []));
  finite(evaluation.sweepThresholds(new Float32Array(), new Uint8Array(), []));
  finite(evaluation.multiLabelIntervals(answers, { resamples: 5 }));
  finite(evaluation.likelyMultiLabelErrors(new Float32Array(), new Uint8Array(), []));
  finite(evaluation.topKAccuracy(new Float32Array(), new Int32Array(), 0));
  finite(evaluation.softmaxCalibration(new Float32Array(), new Int32Array(), 0));
  finite(evaluation.confusedLabels(answers, 5));
  finite(evaluation.hierarchicalMetrics([]));
});
