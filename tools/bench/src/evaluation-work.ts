import {
  applyThresholds,
  calibrate,
  classificationMetrics,
  compareMultiLabelRuns,
  compareSingleLabelRuns,
  confusionMatrix,
  likelyLabelErrors,
  likelyMultiLabelErrors,
  multiLabelErrors,
  multiLabelIntervals,
  multiLabelMetrics,
  multiLabelMistakes,
  rankingMetrics,
  singleLabelErrors,
  singleLabelIntervals,
  singleLabelMistakes,
  sweepThresholds,
  topKAccuracy,
} from '@taxon/evaluation';
import { indexOfLargest, sigmoids, softmaxes } from '@taxon/probability';
import type { MadeUpAnswers } from './made-up-answers.ts';

/** What a report evaluates of one task: functions by name. */
export type Work = Record<string, () => unknown>;

const namesOf = (labels: number): string[] => Array.from({ length: labels }, (_, i) => `label ${i}`);

const textsOf = (texts: number) => Array.from({ length: texts }, (_, i) => ({ text: `text ${i}` }));

export const multiLabelWork = ({ logits, expected }: MadeUpAnswers['multiLabel'], classes: number): Work => {
  const labels = namesOf(classes);
  const texts = textsOf(logits.length / classes);
  const probabilities = sigmoids(logits);
  const answers = { labels, expected, predicted: applyThresholds(logits, classes, 0) };
  const others = applyThresholds(logits, classes, 0.5);
  return {
    metrics: () => multiLabelMetrics(answers),
    ranking: () => rankingMetrics(logits, expected, labels),
    thresholds: () => sweepThresholds(logits, expected, labels, { labelPoints: 50 }),
    thresholdsForMicroF1: () => sweepThresholds(logits, expected, labels, { metric: 'microF1' }),
    calibration: () => calibrate('multi-label', classes, { logits, expected }),
    intervals: () => multiLabelIntervals(answers),
    comparison: () => compareMultiLabelRuns(answers, answers.predicted, others),
    errors: () => multiLabelErrors(answers, logits),
    mistakes: () => multiLabelMistakes(texts, answers, logits),
    labelErrors: () => likelyMultiLabelErrors(probabilities, expected, labels),
  };
};

export const singleLabelWork = ({ logits, expected }: MadeUpAnswers['singleLabel'], classes: number): Work => {
  const labels = namesOf(classes);
  const texts = textsOf(expected.length);
  const probabilities = softmaxes(logits, classes);
  const predicted = expected.map((_, text) => indexOfLargest(logits.subarray(text * classes, (text + 1) * classes)));
  // The other run answers every eleventh text with the next label.
  const others = predicted.map((answer, text) => (text % 11 === 0 ? (answer + 1) % classes : answer));
  return {
    metrics: () => classificationMetrics(expected, predicted, labels),
    confusion: () => confusionMatrix(expected, predicted, labels),
    topK: () => topKAccuracy(logits, expected, classes),
    calibration: () => calibrate('single-label', classes, { logits, expected }),
    intervals: () => singleLabelIntervals(expected, predicted, labels),
    comparison: () => compareSingleLabelRuns(expected, predicted, others, labels),
    errors: () => singleLabelErrors(expected, predicted, labels, { scores: logits }),
    mistakes: () => singleLabelMistakes(texts, expected, predicted, labels, logits),
    labelErrors: () => likelyLabelErrors(probabilities, expected, labels),
  };
};
