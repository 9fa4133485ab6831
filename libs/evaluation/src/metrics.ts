import type { AveragedFigures } from './label-counts.ts';

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

/**
 * What `classificationMetrics` finds beyond the figures of a table. Each text has one right label and one answer, so that all three
 * micro averages equal accuracy. All within 0..1, but `mcc`.
 */
export interface SingleLabelMetrics extends ClassificationMetrics, AveragedFigures {
  /** Mean recall over the classes that have texts. */
  balancedAccuracy: number;
  /** Matthews correlation coefficient for many classes (Gorodkin 2004): −1..1, 0 for guessing. */
  mcc: number;
}

/** Any figures by name: what tables and slices hold. */
export type Figures = Record<string, number>;
