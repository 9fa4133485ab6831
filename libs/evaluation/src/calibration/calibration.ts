/** Decisions of similar confidence. */
export interface ReliabilityBin {
  /** Range of the confidence; for equal-mass bins the smallest and the largest met. */
  lower: number;
  upper: number;
  count: number;
  /** Mean confidence; 0 in an empty bin. */
  confidence: number;
  /** Share that was right (single-label) or carries the label (multi-label); 0 in an empty bin. */
  accuracy: number;
}

/** How far probabilities can be believed. */
export interface CalibrationFigures {
  /** Decisions: texts (single-label), or texts × labels (multi-label). */
  n: number;
  /** Mean negative log-likelihood of a decision, natural logarithm. */
  loss: number;
  /** Mean squared error: over the whole distribution of a text, 0..2 (single-label), or of a decision, 0..1 (multi-label). */
  brier: number;
  /** Expected calibration error with bins of equal width, 0..1. */
  ece: number;
  /** With bins of equal numbers of decisions. */
  eceEqualMass: number;
  /** Largest gap of a bin of equal width. */
  maximumError: number;
  /** Bins of equal width from 0 to 1, for the reliability diagram. */
  bins: ReliabilityBin[];
  equalMassBins: ReliabilityBin[];
}

/** A temperature fitted on one part, and the figures of another (or the same) before and after. */
export interface CalibrationReport {
  kind: 'single-label' | 'multi-label';
  temperature: number;
  before: CalibrationFigures;
  after: CalibrationFigures;
}
