/** Logits and right labels of one scoring: the content of a file of `writeEpochLogits`. */
export interface EpochLogits {
  epoch: number;
  /** Such as validation. */
  split: string;
  kind: 'single-label' | 'multi-label';
  labels: string[];
  /** By text: index of the right label, null for one unseen in training; or, multi-label, the indices of the right labels. */
  expected: (number | null)[] | number[][];
  /** [texts][labels], 5 significant digits; null where a value is not finite. */
  logits: (number | null)[][];
}
