import { scoredLabels } from './scored-labels.ts';

/** How often each label was answered for each right label: plain data, cells that are 0 left out. */
export interface ConfusionMatrix {
  /** The model's labels in their order, then labels unseen in training. */
  labels: string[];
  /** By expected, then predicted label. */
  cells: ConfusionCell[];
}

export interface ConfusionCell {
  /** Index into `labels` of the right label. */
  expected: number;
  /** Index into `labels` of the answer. */
  predicted: number;
  /** Texts, at least 1. */
  count: number;
}

/** Counts answers by right label. Parameters and errors as `classificationMetrics`. */
export const confusionMatrix = (
  expected: Int32Array,
  predicted: Int32Array,
  labels: readonly string[],
  unseenLabels?: readonly string[],
): ConfusionMatrix => {
  const scored = scoredLabels(expected, predicted, labels, unseenLabels);
  // One number a text for its pair of labels: once they are sorted, equal pairs lie side by side.
  const pairs = Float64Array.from(predicted, (answer, i) => scored.expected[i]! * labels.length + answer).sort();
  const cells: ConfusionCell[] = [];
  for (let begin = 0; begin < pairs.length;) {
    const pair = pairs[begin]!;
    let end = begin + 1;
    while (pairs[end] === pair) end += 1;
    const [row, column] = [Math.floor(pair / labels.length), pair % labels.length];
    cells.push({ expected: row, predicted: column, count: end - begin });
    begin = end;
  }
  return { labels: scored.names, cells };
};

/** One way in which the model is wrong. */
export interface ConfusedPair {
  expected: string;
  predicted: string;
  count: number;
  /** Share of the expected label's texts, 0..1. */
  share: number;
}

/** The mistakes made most often, then those with the larger share of their class. */
export const mostConfused = ({ labels, cells }: ConfusionMatrix, limit: number): ConfusedPair[] => {
  const support = new Map<number, number>();
  for (const { expected, count } of cells) support.set(expected, (support.get(expected) ?? 0) + count);
  return cells
    .filter(({ expected, predicted }) => expected !== predicted)
    .map(({ expected, predicted, count }) => ({
      expected: labels[expected]!,
      predicted: labels[predicted]!,
      count,
      share: count / support.get(expected)!,
    }))
    .sort((a, b) => b.count - a.count || b.share - a.share)
    .slice(0, limit);
};
