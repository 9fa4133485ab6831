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
  /** Figures that are plain means over texts: how many, and what each text has of them: [texts, width] */
  width: number;
  means: Float64Array;
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

/** What texts have of several means, each [texts], side by side. */
export const sideBySide = (
  n: number,
  columns: readonly ArrayLike<number>[],
): { width: number; means: Float64Array } => {
  const width = columns.length;
  const means = new Float64Array(n * width);
  columns.forEach((values, column) => {
    for (let text = 0; text < n; text++) means[text * width + column] = values[text]!;
  });
  return { width, means };
};

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
  const touched = new Uint32Array(3 * n);
  const right = new Uint8Array(n);
  for (let text = 0, end = 0; text < n; text++) {
    const [label, answer] = [scored.expected[text]!, predicted[text]!];
    touched[end++] = label;
    touched[end++] = classes + answer;
    if (label === answer) touched[end++] = 2 * classes + label;
    right[text] = Number(label === answer);
    starts[text + 1] = end;
  }
  const figures = (all: Float64Array, [accuracy]: Float64Array): number[] => {
    const counts = countsOf(all, classes);
    const { macroF1, weightedF1 } = averagedFigures(counts);
    return [accuracy!, macroF1, weightedF1, balancedAccuracy(counts), matthewsCorrelation(counts)];
  };
  const shape = { n, slots: 3 * classes, starts, touched: touched.subarray(0, starts[n]) };
  return { ...shape, names: singleLabelFigures, ...sideBySide(n, [right]), right, figures };
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

/** Counters that all texts touch: one for a right or a given label, three for one that is both. */
const countTouched = ({ expected, predicted }: MultiLabelAnswers): number => {
  let sum = 0;
  for (let i = 0; i < expected.length; i++) sum += expected[i]! + predicted[i]! + (expected[i]! & predicted[i]!);
  return sum;
};

export const countMultiLabel = (answers: MultiLabelAnswers): CountedTexts<MultiLabelFigure> => {
  const n = checkAnswers(answers);
  const { labels, expected, predicted } = answers;
  const classes = labels.length;
  const { exactMatch, noWrongExtra, oneExtraNoneMissing } = relaxedOutcomes(answers);
  const [f1, wrong] = [new Float64Array(n), new Float64Array(n)];
  const starts = new Uint32Array(n + 1);
  const touched = new Uint32Array(countTouched(answers));
  for (let text = 0, at = 0, end = 0; text < n; text++) {
    let [support, given, hits] = [0, 0, 0];
    for (let label = 0; label < classes; label++, at++) {
      const [carries, was] = [expected[at] === 1, predicted[at] === 1];
      if (carries) touched[end++] = label;
      if (was) touched[end++] = classes + label;
      if (carries && was) touched[end++] = 2 * classes + label;
      support += Number(carries);
      given += Number(was);
      hits += Number(carries && was);
    }
    f1[text] = ratio(2 * hits, support + given);
    wrong[text] = ratio(support + given - 2 * hits, classes);
    starts[text + 1] = end;
  }
  const figures = (all: Float64Array, means: Float64Array): number[] => {
    const { microF1, macroF1, weightedF1 } = averagedFigures(countsOf(all, classes));
    return [...means, microF1, macroF1, weightedF1];
  };
  const shape = { n, slots: 3 * classes, starts, touched, names: multiLabelFigures };
  const means = sideBySide(n, [exactMatch, noWrongExtra, oneExtraNoneMissing, f1, wrong]);
  return { ...shape, ...means, right: exactMatch, figures };
};

/** Sums of what texts add, with whole-number weights. */
export interface Sums {
  counts: Float64Array;
  means: Float64Array;
  /** Texts summed, each as often as it weighs. */
  drawn: number;
}

export const noSums = <Name extends string>({ slots, width }: CountedTexts<Name>): Sums => ({
  counts: new Float64Array(slots),
  means: new Float64Array(width),
  drawn: 0,
});

export const copySums = ({ counts, means, drawn }: Sums): Sums => ({
  counts: counts.slice(),
  means: means.slice(),
  drawn,
});

/** Adds one text, `weight` times; taken away where that is negative. */
export const addText = <Name extends string>(
  sums: Sums,
  { starts, touched, width, means }: CountedTexts<Name>,
  text: number,
  weight: number,
): void => {
  for (let i = starts[text]!; i < starts[text + 1]!; i++) sums.counts[touched[i]!]! += weight;
  for (let i = 0; i < width; i++) sums.means[i]! += weight * means[text * width + i]!;
  sums.drawn += weight;
};

export const figuresOfSums = <Name extends string>(texts: CountedTexts<Name>, sums: Sums): number[] =>
  texts.figures(
    sums.counts,
    sums.means.map((sum) => ratio(sum, sums.drawn)),
  );

/** Figures of the texts with whole-number weights: how often each was drawn. */
export const weightedFigures = <Name extends string>(texts: CountedTexts<Name>, weights: Uint32Array): number[] => {
  const sums = noSums(texts);
  for (let text = 0; text < texts.n; text++) if (weights[text] !== 0) addText(sums, texts, text, weights[text]!);
  return figuresOfSums(texts, sums);
};
