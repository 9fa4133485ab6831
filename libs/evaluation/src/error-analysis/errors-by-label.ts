import { checkAnswers, type MultiLabelAnswers } from '../multi-label-answers.ts';
import { scoredLabels } from '../scored-labels.ts';
import { sameLength } from '../shapes.ts';

/** Wrong decisions about one label. */
export interface LabelErrors {
  label: string;
  support: number;
  /** Texts that were given the label and do not carry it. */
  falsePositives: ErrorExamples;
  /** Texts that carry the label and were not given it. */
  falseNegatives: ErrorExamples;
}

export interface ErrorExamples {
  count: number;
  /** Indices of the texts, the surest mistakes first; as many as were asked for. */
  examples: number[];
}

/** Mistakes about one label, each with how sure the model was: higher is worse. */
interface Collected {
  texts: number[];
  sureness: number[];
}

const toExamples = ({ texts, sureness }: Collected, limit: number): ErrorExamples => {
  const order = [...texts.keys()].sort((a, b) => sureness[b]! - sureness[a]! || a - b);
  return { count: texts.length, examples: order.slice(0, limit).map((i) => texts[i]!) };
};

const createCollector = (labels: readonly string[]) => {
  const empty = (): Collected => ({ texts: [], sureness: [] });
  const rows = labels.map((label) => ({ label, support: 0, positives: empty(), negatives: empty() }));
  const add = (into: Collected, text: number, sureness: number): void => {
    into.texts.push(text);
    into.sureness.push(sureness);
  };
  const finish = (limit: number): LabelErrors[] =>
    rows.map(({ label, support, positives, negatives }) => ({
      label,
      support,
      falsePositives: toExamples(positives, limit),
      falseNegatives: toExamples(negatives, limit),
    }));
  return { rows, add, finish };
};

/**
 * False positives and negatives of every label, with the surest as examples.
 * @param scores logits or probabilities, by which examples are put in order: [texts, labels]; without them, by index
 * @param limit examples of each kind. @default 10
 */
export const multiLabelErrors = (answers: MultiLabelAnswers, scores?: Float32Array, limit = 10): LabelErrors[] => {
  checkAnswers(answers);
  const { labels, expected, predicted } = answers;
  if (scores !== undefined) sameLength('scores', scores, 'expected', expected);
  const collector = createCollector(labels);
  for (let i = 0; i < expected.length; i++) {
    const row = collector.rows[i % labels.length]!;
    const text = Math.floor(i / labels.length);
    const score = scores?.[i] ?? 0;
    row.support += expected[i]!;
    if (expected[i] === predicted[i]) continue;
    if (predicted[i] === 1) collector.add(row.positives, text, score);
    else collector.add(row.negatives, text, -score);
  }
  return collector.finish(limit);
};

/**
 * As `multiLabelErrors` for single-label answers: each mistake is a false negative of one label and a false positive of another.
 * Parameters as `classificationMetrics`; labels unseen in training come last.
 * @param scores logits or probabilities: [texts, labels]; a mistake is surer the higher the answer stands above the right label
 */
export const singleLabelErrors = (
  expected: Int32Array,
  predicted: Int32Array,
  labels: readonly string[],
  {
    scores,
    unseenLabels,
    limit = 10,
  }: { scores?: Float32Array; unseenLabels?: readonly string[]; limit?: number } = {},
): LabelErrors[] => {
  const scored = scoredLabels(expected, predicted, labels, unseenLabels);
  const width = labels.length;
  if (scores !== undefined) sameLength('scores', scores, 'texts × labels', { length: expected.length * width });
  const collector = createCollector(scored.names);
  scored.expected.forEach((label, text) => {
    const answer = predicted[text]!;
    const row = collector.rows[label]!;
    row.support += 1;
    if (label === answer) return;
    const right = label < width ? (scores?.[text * width + label] ?? 0) : 0;
    const sureness = (scores?.[text * width + answer] ?? 0) - right;
    collector.add(row.negatives, text, sureness);
    collector.add(collector.rows[answer]!.positives, text, sureness);
  });
  return collector.finish(limit);
};
