import { ratio, rowsOf, sameLength } from '../shapes.ts';
import { roundingSlack, type LabelErrorOptions } from './likely-label-errors.ts';

/** A decision about one label that is likely wrong (multi-label). */
export interface MultiLabelSuspect {
  index: number;
  label: string;
  /** `missing`: the text likely carries the label; `extra`: it likely does not. */
  kind: 'missing' | 'extra';
  /** Probability of the given decision, 0..1. */
  selfConfidence: number;
  /** −1..1 */
  normalizedMargin: number;
}

export interface MultiLabelLikelyErrors {
  /** Texts. */
  n: number;
  /** Texts with at least one suspect. */
  texts: number;
  suspects: MultiLabelSuspect[];
  perLabel: { label: string; support: number; missing: number; extra: number; noise: number }[];
}

/** What is known of one label: texts without it (0) and with it (1). */
const createTables = (classes: number) => ({
  /** [labels, absent or present] */
  given: new Uint32Array(2 * classes),
  /** From which probability on the decision counts as confident: the mean over the texts given it. [labels, absent or present] */
  thresholds: new Float64Array(2 * classes),
  /** [labels, given, likely] */
  joint: new Uint32Array(4 * classes),
  /** Suspects by what is given: [labels, absent or present] */
  suspects: new Uint32Array(2 * classes),
});

/** Probability that a label is absent (0) or present (1), in single precision as probabilities are. */
const probabilityOf = (present: number, side: number): number => (side === 1 ? present : Math.fround(1 - present));

/** Estimated share of texts whose decision about a label is wrong: rows of the joint scaled to the given decisions' frequencies. */
const noiseOf = ({ given, joint }: ReturnType<typeof createTables>, label: number): number => {
  const wrong = (side: number): number => {
    const [absent, present] = [joint[4 * label + 2 * side]!, joint[4 * label + 2 * side + 1]!];
    return ratio(side === 1 ? absent : present, absent + present) * given[2 * label + side]!;
  };
  return ratio(wrong(0) + wrong(1), given[2 * label]! + given[2 * label + 1]!);
};

/**
 * Decisions about labels that are likely wrong: `likelyLabelErrors` for each label against its absence.
 * @param probabilities out of fold, sigmoid: [texts, labels]
 * @param given [texts, labels]
 */
export const likelyMultiLabelErrors = (
  probabilities: Float32Array,
  given: Uint8Array,
  labels: readonly string[],
  { rankBy = 'normalizedMargin' }: LabelErrorOptions = {},
): MultiLabelLikelyErrors => {
  sameLength('probabilities', probabilities, 'given', given);
  const classes = labels.length;
  const n = rowsOf('given', given, classes);
  const tables = createTables(classes);
  const { thresholds, joint } = tables;
  for (let begin = 0; begin < given.length; begin += classes)
    for (let label = 0; label < classes; label++) {
      const place = 2 * label + given[begin + label]!;
      tables.given[place]! += 1;
      thresholds[place]! += probabilityOf(probabilities[begin + label]!, given[begin + label]!);
    }
  for (let i = 0; i < thresholds.length; i++)
    thresholds[i] = tables.given[i] === 0 ? Infinity : thresholds[i]! / tables.given[i]! - roundingSlack;
  const suspects: MultiLabelSuspect[] = [];
  for (let index = 0, at = 0; index < n; index++)
    for (let label = 0; label < classes; label++, at++) {
      const side = given[at]!;
      const present = probabilities[at]!;
      const absent = probabilityOf(present, 0);
      const [maybeAbsent, maybePresent] = [absent >= thresholds[2 * label]!, present >= thresholds[2 * label + 1]!];
      if (!maybeAbsent && !maybePresent) continue;
      const likely = maybePresent && (!maybeAbsent || present > absent) ? 1 : 0;
      joint[4 * label + 2 * side + likely]! += 1;
      const selfConfidence = probabilityOf(present, side);
      const normalizedMargin = selfConfidence - probabilityOf(present, 1 - side);
      if (likely === side || normalizedMargin >= 0) continue;
      tables.suspects[2 * label + side]! += 1;
      const kind = likely === 1 ? 'missing' : 'extra';
      suspects.push({ index, label: labels[label]!, kind, selfConfidence, normalizedMargin });
    }
  suspects.sort((a, b) => a[rankBy] - b[rankBy] || a.index - b.index);
  return {
    n,
    texts: new Set(suspects.map(({ index }) => index)).size,
    suspects,
    perLabel: labels.map((label, i) => ({
      label,
      support: tables.given[2 * i + 1]!,
      missing: tables.suspects[2 * i]!,
      extra: tables.suspects[2 * i + 1]!,
      noise: noiseOf(tables, i),
    })),
  };
};
