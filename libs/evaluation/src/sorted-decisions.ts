import { sortFalling } from './order.ts';
import { rowsOf, sameLength } from './shapes.ts';

/** All decisions of a multi-label classifier by falling score, equal scores in their order: what sweeps walk along. */
export interface SortedDecisions {
  classes: number;
  /** Texts. */
  n: number;
  /** [texts · labels] */
  scores: Float32Array;
  /** 2 · label + 1 where the text carries the label, 2 · label where it does not: [texts · labels] */
  decisions: Uint32Array;
}

export const labelOf = (decision: number): number => decision >>> 1;
export const rightOf = (decision: number): number => decision & 1;

/**
 * Sorts the decisions once for all that is found along them.
 * @param logits or probabilities: [texts, labels]
 * @param expected [texts, labels]
 * @throws RangeError for arrays that do not fit together: a bug of the caller
 */
export const sortDecisions = (logits: Float32Array, expected: Uint8Array, classes: number): SortedDecisions => {
  sameLength('logits', logits, 'expected', expected);
  const n = rowsOf('logits', logits, classes);
  const unsorted = new Uint32Array(logits.length);
  for (let begin = 0; begin < logits.length; begin += classes)
    for (let label = 0; label < classes; label++) unsorted[begin + label] = 2 * label + expected[begin + label]!;
  const { scores, payload: decisions } = sortFalling(logits, unsorted);
  return { classes, n, scores, decisions };
};

/** One label's decisions by falling score. */
export interface LabelColumn {
  /** Texts that carry the label. */
  support: number;
  /** [texts] */
  scores: Float32Array;
  /** 1 = carries the label: [texts] */
  right: Uint8Array;
}

/** The decisions of each label, still by falling score: [labels] */
export const columnsOf = ({ classes, n, scores, decisions }: SortedDecisions): LabelColumn[] => {
  const [columnScores, right] = [new Float32Array(scores.length), new Uint8Array(scores.length)];
  const [filled, support] = [new Uint32Array(classes), new Uint32Array(classes)];
  for (let i = 0; i < decisions.length; i++) {
    const label = labelOf(decisions[i]!);
    const place = label * n + filled[label]!++;
    columnScores[place] = scores[i]!;
    right[place] = rightOf(decisions[i]!);
    support[label]! += right[place];
  }
  return Array.from(support, (count, label) => ({
    support: count,
    scores: columnScores.subarray(label * n, (label + 1) * n),
    right: right.subarray(label * n, (label + 1) * n),
  }));
};
