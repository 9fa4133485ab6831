import { averagedFigures, balancedAccuracy, matthewsCorrelation } from '../label-counts.ts';
import { checkAnswers, type MultiLabelAnswers } from '../multi-label-answers.ts';
import { relaxedOutcomes } from '../relaxed-criteria.ts';
import { scoredLabels } from '../scored-labels.ts';
import { ratio } from '../shapes.ts';

/**
 * What each text adds to the counts that figures are made of. Drawing texts again then means adding a few numbers, not scoring
 * them anew: 1,000 resamples of 5,000 texts take a fraction of a second.
 */
export interface CountedTexts<Name extends string> {
  n: number;
  names: readonly Name[];
  /** Counters in all. */
  slots: number;
  /** Text i adds 1 to the counters `touched[starts[i]] … touched[starts[i + 1] − 1]`. */
  starts: Uint32Array;
  touched: Uint32Array;
  /** Figures that are plain means over texts: each [texts]. */
  means: readonly ArrayLike<number>[];
  /** Whether a text is answered fully right: [texts] */
  right: Uint8Array;
  /** The figures, in the order of `names`, from the counters and the means. */
  figures: (counts: Float64Array, means: Float64Array) => number[];
}

/** Counters of one kind after another: support, predicted, hits; each [labels]. */
const countsOf = (counts: Float64Array, classes: number) => ({
  support: counts.subarray(0, classes),
  predicted: counts.subarray(classes, 2 * classes),
  hits: counts.subarray(2 * classes, 3 * classes),
});

export const singleLabelFigures = ['accuracy', 'macroF1', 'weightedF1', 'balancedAccuracy', 'mcc'] as const;
export type SingleLabelFigure = (typeof singleLabelFigures)[number];

/** Parameters and errors as `classificationMetrics`. */
export const countSingleLabel = (
  expected: Int32Array,
  predicted: Int32Array,
  labels: readonly string[],
  unseenLabels?: readonly string[],
): CountedTexts<SingleLabelFigure> => {
  const scored = scoredLabels(expected, predicted, labels, unseenLabels);
  const [n, classes] = [predicted.length, scored.names.length];
  const starts = new Uint32Array(n + 1);
  const touched: number[] = [];
  const right = new Uint8Array(n);
  for (let text = 0; text < n; text++) {
    const [label, answer] = [scored.expected[text]!, predicted[text]!];
    touched.push(label, classes + answer);
    if (label === answer) touched.push(2 * classes + label);
    right[text] = Number(label === answer);
    starts[text + 1] = touched.length;
  }
  const figures = (all: Float64Array, [accuracy]: Float64Array): number[] => {
    const counts = countsOf(all, classes);
    const { macroF1, weightedF1 } = averagedFigures(counts);
    return [accuracy!, macroF1, weightedF1, balancedAccuracy(counts), matthewsCorrelation(counts)];
  };
  const shape = { n, slots: 3 * classes, starts, touched: Uint32Array.from(touched) };
  return { ...shape, names: singleLabelFigures, means: [right], right, figures };
};

export const multiLabelFigures = [
  'exactMatch',
  'noWrongExtra',
  'oneExtraNoneMissing',
  'samplesF1',
  'hammingLoss',
  'microF1',
  'macroF1',
  'weightedF1',
] as const;
export type MultiLabelFigure = (typeof multiLabelFigures)[number];

export const countMultiLabel = (answers: MultiLabelAnswers): CountedTexts<MultiLabelFigure> => {
  const n = checkAnswers(answers);
  const { labels, expected, predicted } = answers;
  const classes = labels.length;
  const { exactMatch, noWrongExtra, oneExtraNoneMissing } = relaxedOutcomes(answers);
  const [f1, wrong] = [new Float64Array(n), new Float64Array(n)];
  const starts = new Uint32Array(n + 1);
  const touched: number[] = [];
  for (let text = 0, at = 0; text < n; text++) {
    let [support, given, hits] = [0, 0, 0];
    for (let label = 0; label < classes; label++, at++) {
      const [carries, was] = [expected[at] === 1, predicted[at] === 1];
      if (carries) touched.push(label);
      if (was) touched.push(classes + label);
      if (carries && was) touched.push(2 * classes + label);
      support += Number(carries);
      given += Number(was);
      hits += Number(carries && was);
    }
    f1[text] = ratio(2 * hits, support + given);
    wrong[text] = ratio(support + given - 2 * hits, classes);
    starts[text + 1] = touched.length;
  }
  const figures = (all: Float64Array, means: Float64Array): number[] => {
    const { microF1, macroF1, weightedF1 } = averagedFigures(countsOf(all, classes));
    return [...means, microF1, macroF1, weightedF1];
  };
  const shape = { n, slots: 3 * classes, starts, touched: Uint32Array.from(touched), names: multiLabelFigures };
  const means = [exactMatch, noWrongExtra, oneExtraNoneMissing, f1, wrong];
  return { ...shape, means, right: exactMatch, figures };
};

/** Figures of the texts with whole-number weights: how often each was drawn. */
export const weightedFigures = <Name extends string>(texts: CountedTexts<Name>, weights: Uint32Array): number[] => {
  const { n, starts, touched, means, slots, figures } = texts;
  const counts = new Float64Array(slots);
  const sums = new Float64Array(means.length);
  let drawn = 0;
  for (let text = 0; text < n; text++) {
    const weight = weights[text]!;
    if (weight === 0) continue;
    drawn += weight;
    for (let i = starts[text]!; i < starts[text + 1]!; i++) counts[touched[i]!]! += weight;
    for (let i = 0; i < sums.length; i++) sums[i]! += weight * means[i]![text]!;
  }
  return figures(
    counts,
    sums.map((sum) => ratio(sum, drawn)),
  );
};
