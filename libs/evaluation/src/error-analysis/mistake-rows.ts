import { checkAnswers, type MultiLabelAnswers } from '../multi-label-answers.ts';
import { sigmoid, sigmoids, softmaxes } from '@taxon/probability';
import { scoredLabels } from '../scored-labels.ts';
import { sameLength } from '../shapes.ts';

/** A text that was answered wrongly, whatever the task. */
export interface MistakeRow {
  /** Index of the text among those scored. */
  index: number;
  text: string;
  pair?: string;
  source?: string;
  /** 1-based line of the text's file. */
  line?: number;
  /** Right labels; one for a single-label task. */
  expected: string[];
  /** Given labels; one for a single-label task. */
  predicted: string[];
  /** Right labels that were not given. */
  missed: string[];
  /** Given labels that are wrong. */
  extra: string[];
  /** Probabilities of the labels above, and of the best others: falling, 0..1. */
  scores: { label: string; probability: number }[];
  /** How sure the model was of its worst decision, 0..1: rows come surest first. */
  confidence: number;
}

/** What a row tells beside labels. */
export interface MistakeText {
  text: string;
  pair?: string;
  source?: string;
  line?: number;
}

export interface MistakeRowOptions {
  /** Rows kept, the surest mistakes. @default all */
  limit?: number;
  /** Labels shown in `scores` beside the right and given ones. @default 2 */
  others?: number;
}

/** The labels of the highest probabilities beside those named; of equal ones the first. */
const bestOthers = (probabilities: Float32Array, named: readonly number[], count: number): number[] => {
  const best: number[] = []; // falling
  for (let label = 0; label < probabilities.length; label++) {
    const probability = probabilities[label]!;
    if (best.length === count && !(probability > probabilities[best.at(-1)!]!)) continue;
    if (named.includes(label)) continue;
    const place = best.findIndex((other) => probability > probabilities[other]!);
    best.splice(place < 0 ? best.length : place, 0, label);
    if (best.length > count) best.pop();
  }
  return best;
};

/** Probabilities of some labels and of the best others, falling. */
const shownScores = (
  probabilities: Float32Array,
  labels: readonly string[],
  named: readonly number[],
  others: number,
): MistakeRow['scores'] =>
  [...new Set(named), ...bestOthers(probabilities, named, others)]
    .map((label) => ({ label: labels[label]!, probability: probabilities[label]! }))
    .sort((a, b) => b.probability - a.probability);

/** The surest first, cut, and only then given their scores: a table of all mistakes costs no sort of every row's labels. */
const surestRows = <T extends { confidence: number; index: number }>(rows: T[], limit: number): T[] =>
  rows.sort((a, b) => b.confidence - a.confidence || a.index - b.index).slice(0, limit);

/** What is copied of a text: no more than the row has fields for. */
const told = ({ text, pair, source, line }: MistakeText): MistakeText => ({
  text,
  ...(pair !== undefined && { pair }),
  ...(source !== undefined && { source }),
  ...(line !== undefined && { line }),
});

/**
 * The texts that a single-label classifier answers wrongly, the surest answers first. Parameters as `classificationMetrics`.
 * @param texts [texts]
 * @param logits [texts, labels]
 */
export const singleLabelMistakes = (
  texts: readonly MistakeText[],
  expected: Int32Array,
  predicted: Int32Array,
  labels: readonly string[],
  logits: Float32Array,
  options: MistakeRowOptions & { unseenLabels?: readonly string[] } = {},
): MistakeRow[] => {
  const { limit = Infinity, others = 2, unseenLabels } = options;
  const scored = scoredLabels(expected, predicted, labels, unseenLabels);
  sameLength('texts', texts, 'expected', expected);
  sameLength('logits', logits, 'texts × labels', { length: texts.length * labels.length });
  const probabilities = softmaxes(logits, labels.length);
  const wrong = [...predicted.keys()].filter((index) => scored.expected[index] !== predicted[index]);
  const row = (index: number): Float32Array =>
    probabilities.subarray(index * labels.length, (index + 1) * labels.length);
  const found = wrong.map((index) => ({ index, confidence: row(index)[predicted[index]!]! }));
  return surestRows(found, limit).map(({ index, confidence }) => {
    const [right, answer] = [scored.expected[index]!, predicted[index]!];
    const named = right < labels.length ? [right, answer] : [answer];
    const [rightName, answerName] = [scored.names[right]!, scored.names[answer]!];
    return {
      index,
      ...told(texts[index]!),
      expected: [rightName],
      predicted: [answerName],
      missed: [rightName],
      extra: [answerName],
      scores: shownScores(row(index), labels, named, others),
      confidence,
    };
  });
};

/**
 * The texts for which a multi-label classifier misses a label or gives a wrong one, the surest wrong decision first.
 * @param texts [texts]
 * @param logits [texts, labels]
 */
export const multiLabelMistakes = (
  texts: readonly MistakeText[],
  answers: MultiLabelAnswers,
  logits: Float32Array,
  { limit = Infinity, others = 2 }: MistakeRowOptions = {},
): MistakeRow[] => {
  const n = checkAnswers(answers);
  const { labels, expected, predicted } = answers;
  if (labels.length > 0) sameLength('texts', texts, 'answers', { length: n });
  sameLength('logits', logits, 'expected', expected);
  const found: { index: number; confidence: number }[] = [];
  for (let index = 0, at = 0; index < n; index++) {
    let confidence = -1;
    for (let label = 0; label < labels.length; label++, at++)
      if (expected[at] !== predicted[at])
        confidence = Math.max(confidence, sigmoid(predicted[at] === 1 ? logits[at]! : -logits[at]!));
    if (confidence >= 0) found.push({ index, confidence });
  }
  return surestRows(found, limit).map(({ index, confidence }) => {
    const begin = index * labels.length;
    const named: number[] = []; // right, given or both
    for (let label = 0; label < labels.length; label++)
      if (expected[begin + label] === 1 || predicted[begin + label] === 1) named.push(label);
    const namesOf = (isExpected: boolean | undefined, isPredicted: boolean | undefined): string[] =>
      named
        .filter((label) => isExpected === undefined || (expected[begin + label] === 1) === isExpected)
        .filter((label) => isPredicted === undefined || (predicted[begin + label] === 1) === isPredicted)
        .map((label) => labels[label]!);
    return {
      index,
      ...told(texts[index]!),
      expected: namesOf(true, undefined),
      predicted: namesOf(undefined, true),
      missed: namesOf(true, false),
      extra: namesOf(false, true),
      scores: shownScores(sigmoids(logits.subarray(begin, begin + labels.length)), labels, named, others),
      confidence,
    };
  });
};
