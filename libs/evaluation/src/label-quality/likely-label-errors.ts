/** A text whose given label is likely wrong (single-label). */
export interface LabelSuspect {
  index: number;
  given: string;
  /** The label that the model is confident of. */
  suggested: string;
  /** Probability of the given label, 0..1: the lower, the likelier an error. */
  selfConfidence: number;
  /** Probability of the given label less that of the best other one, −1..1. */
  normalizedMargin: number;
}

/** How often a given label is likely another one. */
export interface JointCell {
  given: string;
  likely: string;
  /** Texts counted in the confident joint. */
  count: number;
  /** Estimated share of all texts: rows scaled to the given labels' frequencies. */
  share: number;
}

export interface LikelyLabelErrors {
  n: number;
  /** Estimated share of texts with a wrong label, 0..1: off the joint's diagonal. */
  noise: number;
  /** Likeliest errors first. */
  suspects: LabelSuspect[];
  /** Off the diagonal, the most frequent first. */
  confusions: JointCell[];
  perLabel: { label: string; given: number; suspects: number }[];
}

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
