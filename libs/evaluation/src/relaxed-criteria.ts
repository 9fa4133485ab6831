/** Two ways of being right enough with several labels, beside exact match. Shares of texts, 0..1. */
export interface RelaxedCriteria {
  n: number;
  exactMatch: number;
  /** Criterion 1: at least one label is given, and none that is wrong. */
  noWrongExtra: number;
  /** Criterion 2: no right label is missing, and at most one wrong one is given. */
  oneExtraNoneMissing: number;
}

/** The criteria text by text, 1 = fulfilled: each [texts]. */
export interface RelaxedOutcomes {
  exactMatch: Uint8Array;
  noWrongExtra: Uint8Array;
  oneExtraNoneMissing: Uint8Array;
}
