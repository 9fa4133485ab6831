import { rowsOf, sameLength } from '../shapes.ts';
import { likelyLabelErrors, type LabelErrorOptions } from './likely-label-errors.ts';

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

/**
 * Decisions about labels that are likely wrong: `likelyLabelErrors` for each label against its absence.
 * @param probabilities out of fold, sigmoid: [texts, labels]
 * @param given [texts, labels]
 */
export const likelyMultiLabelErrors = (
  probabilities: Float32Array,
  given: Uint8Array,
  labels: readonly string[],
  options: LabelErrorOptions = {},
): MultiLabelLikelyErrors => {
  sameLength('probabilities', probabilities, 'given', given);
  const n = rowsOf('given', given, labels.length);
  const { rankBy = 'normalizedMargin' } = options;
  const suspects: MultiLabelSuspect[] = [];
  const perLabel = labels.map((label, column) => {
    const pairs = new Float32Array(n * 2);
    const decisions = new Int32Array(n);
    for (let text = 0; text < n; text++) {
      const at = text * labels.length + column;
      pairs[text * 2] = 1 - probabilities[at]!;
      pairs[text * 2 + 1] = probabilities[at]!;
      decisions[text] = given[at]!;
    }
    const found = likelyLabelErrors(pairs, decisions, ['absent', 'present'], options);
    const [absent, present] = found.perLabel;
    for (const { index, suggested, selfConfidence, normalizedMargin } of found.suspects) {
      const kind = suggested === 'present' ? 'missing' : 'extra';
      suspects.push({ index, label, kind, selfConfidence, normalizedMargin });
    }
    return { label, support: present!.given, missing: absent!.suspects, extra: present!.suspects, noise: found.noise };
  });
  suspects.sort((a, b) => a[rankBy] - b[rankBy] || a.index - b.index);
  return { n, texts: new Set(suspects.map(({ index }) => index)).size, suspects, perLabel };
};
