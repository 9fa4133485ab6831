import type { ClassMetrics } from './metrics.ts';

/** Metrics of a multi-label classifier on one set of texts. All within 0..1, but the mean numbers of labels. */
export interface MultiLabelMetrics {
  /** Texts scored. */
  n: number;
  /** Share of texts whose labels are all right (subset accuracy). */
  exactMatch: number;
  /** Share of all (text, label) decisions that are wrong. */
  hammingLoss: number;
  microPrecision: number;
  microRecall: number;
  microF1: number;
  /** Macro averages run over the labels that occur, expected or predicted. */
  macroPrecision: number;
  macroRecall: number;
  macroF1: number;
  /** Weighted by support. */
  weightedPrecision: number;
  weightedRecall: number;
  weightedF1: number;
  /** Means over texts; a text without a right and a given label scores 0 here, as in scikit-learn. */
  samplesPrecision: number;
  samplesRecall: number;
  samplesF1: number;
  /** Intersection over union: mean over texts, over labels that occur, and of the sums. */
  samplesJaccard: number;
  macroJaccard: number;
  microJaccard: number;
  /** Mean labels a text. */
  expectedLabels: number;
  predictedLabels: number;
  perLabel: LabelMetrics[];
}

export interface LabelMetrics extends ClassMetrics {
  /** Texts that were given this label. */
  predicted: number;
  jaccard: number;
}
