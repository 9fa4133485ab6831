import type { ConfusedPair } from '../confusion-matrix.ts';
import { checkAnswers, type MultiLabelAnswers } from '../multi-label-answers.ts';

/** A text with more missed or wrong labels than this tells nothing of pairs, and is left out: the work stays linear. */
const mostLabels = 50;

/**
 * Pairs of a missed label and a wrong one given in the same text, the most frequent first: what is taken for what, with several
 * labels a text. `share` is of the missed label's texts.
 */
export const confusedLabels = (answers: MultiLabelAnswers, limit: number): ConfusedPair[] => {
  const n = checkAnswers(answers);
  const { labels, expected, predicted } = answers;
  const support = new Uint32Array(labels.length);
  const counts = new Map<number, number>();
  for (let text = 0, at = 0; text < n; text++) {
    const [missed, wrong]: [number[], number[]] = [[], []];
    for (let label = 0; label < labels.length; label++, at++) {
      support[label]! += expected[at]!;
      if (expected[at] === predicted[at]) continue;
      (expected[at] === 1 ? missed : wrong).push(label);
    }
    if (missed.length > mostLabels || wrong.length > mostLabels) continue;
    for (const a of missed)
      for (const b of wrong) counts.set(a * labels.length + b, (counts.get(a * labels.length + b) ?? 0) + 1);
  }
  return [...counts]
    .map(([key, count]): ConfusedPair => {
      const [a, b] = [Math.floor(key / labels.length), key % labels.length];
      return { expected: labels[a]!, predicted: labels[b]!, count, share: count / support[a]! };
    })
    .sort((a, b) => b.count - a.count || b.share - a.share)
    .slice(0, limit);
};
