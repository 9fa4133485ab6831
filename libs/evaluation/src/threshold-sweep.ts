/** The same cut in two scales: `probability` is the sigmoid of `logit`. A label is given where its score is not below it. */
export interface Threshold {
  logit: number;
  probability: number;
}

export interface ThresholdSweepOptions {
  /** What the thresholds maximise. @default 'macroF1' */
  metric?: 'macroF1' | 'microF1';
  /** A label with fewer texts, or fewer texts without it, keeps the global threshold: its optimum would be chance. @default 10 */
  minSupport?: number;
  /** Points of the curve, about. @default 200 */
  points?: number;
  /** Points of each label's own curve, about; 0 leaves them out. @default 0 */
  labelPoints?: number;
}

export interface SweepPoint extends Threshold {
  microPrecision: number;
  microRecall: number;
  microF1: number;
  macroPrecision: number;
  macroRecall: number;
  macroF1: number;
  /** Mean labels given to a text. */
  predictedLabels: number;
}

export interface LabelSweepPoint extends Threshold {
  precision: number;
  recall: number;
  f1: number;
}

export interface LabelThreshold extends Threshold {
  label: string;
  support: number;
  /** Whether the threshold is the label's own; false: the global one. */
  tuned: boolean;
  /** F1 of the label at this threshold, and at probability 0.5, on the texts that it was chosen on. */
  f1: number;
  f1AtHalf: number;
  /** From the highest threshold down, where asked for. */
  curve?: LabelSweepPoint[];
}

/** F1 of a way to cut, on the texts that the thresholds were chosen on: flattering for the tuned ones. */
export interface SweepScore {
  macroF1: number;
  microF1: number;
}

export interface ThresholdSweep {
  metric: 'macroF1' | 'microF1';
  n: number;
  /** The one threshold that is best for all labels: exact, over all distinct scores. */
  global: Threshold;
  perLabel: LabelThreshold[];
  /** By falling threshold; holds the optimum and probability 0.5. */
  curve: SweepPoint[];
  scores: { half: SweepScore; global: SweepScore; perLabel: SweepScore };
}
