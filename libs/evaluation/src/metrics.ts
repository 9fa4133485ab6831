/** Metrics of a single-label classifier on one set of texts. All shares are within 0..1. */
export interface ClassificationMetrics {
  /** Texts scored. */
  n: number;
  accuracy: number;
  macroF1: number;
  weightedF1: number;
  perClass: ClassMetrics[];
}

export interface ClassMetrics {
  label: string;
  precision: number;
  recall: number;
  f1: number;
  /** Texts that carry this label. */
  support: number;
}
