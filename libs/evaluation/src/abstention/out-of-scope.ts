export interface RocPoint {
  threshold: number;
  /** Share of out-of-scope texts that are answered. */
  falsePositiveRate: number;
  /** Share of in-scope texts that are answered. */
  truePositiveRate: number;
}

/** How well a score tells texts in scope from texts out of it. All within 0..1. */
export interface OutOfScopeDetection {
  inScope: number;
  outOfScope: number;
  /** Chance that a text in scope scores above one out of it; 0.5 is guessing. */
  auroc: number;
  /** Average precision with in scope, and with out of scope, as the class to find. */
  auprIn: number;
  auprOut: number;
  /** Share of out-of-scope texts answered where at least 95 % of those in scope are. */
  fpr95: number;
  /** By falling threshold. */
  roc: RocPoint[];
}
