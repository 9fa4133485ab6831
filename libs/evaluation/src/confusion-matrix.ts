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
  const counts = new Map<number, number>();
  predicted.forEach((answer, i) => {
    const key = scored.expected[i]! * labels.length + answer;
    counts.set(key, (counts.get(key) ?? 0) + 1);
  });
  const cells = [...counts]
    .sort(([a], [b]) => a - b)
    .map(([key, count]) => ({ expected: Math.floor(key / labels.length), predicted: key % labels.length, count }));
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
