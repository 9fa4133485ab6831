import type { ConfusionMatrix } from '../confusion-matrix.ts';
import type { ClassificationMetrics } from '../metrics.ts';

export type HeldOutPart = 'validation' | 'test';

/** One optimizer step. */
export interface TrainingPoint {
  /** 1-based. */
  step: number;
  /** Epochs done, with fraction. */
  epoch: number;
  /** Mean cross-entropy of the step's texts, natural logarithm. */
  loss: number;
  learningRate: number;
}

/** One scoring of a held-out part during training. */
export interface EvaluationPoint {
  epoch: number;
  /** Steps done; 0 is before the first. */
  step: number;
  split: HeldOutPart;
  /** Mean cross-entropy, natural logarithm. */
  loss: number;
  metrics: ClassificationMetrics;
}

/** A text on which the model is wrong. */
export interface Mistake {
  text: string;
  expected: string;
  predicted: string;
  /** Softmax probability of the predicted label, 0..1. */
  probability: number;
  /** 1-based line of the text's file. */
  line?: number;
}

export interface DataSummary {
  /** Every class of the training part with its texts there. */
  classes: readonly { label: string; count: number }[];
  /** Texts in each part. */
  sizes: { train: number; validation: number; test: number };
  /** Where the data came from. */
  files?: readonly string[];
  notes: readonly { level: 'info' | 'warning'; message: string }[];
}

/** Everything that a finished run has to tell: plain data, so that it crosses processes. */
export interface RunReport {
  /** Heading of the page, such as the data file's name. */
  title: string;
  /** ISO 8601. */
  createdAt: string;
  /** Name or folder of the encoder that training started from. */
  encoder: string;
  /** The recipe as it was used, every option present. */
  recipe: Readonly<Record<string, unknown>>;
  data: DataSummary;
  /** Every step, in order. */
  history: readonly TrainingPoint[];
  /** In order. */
  evaluations: readonly EvaluationPoint[];
  /** Scores of the model that was kept. */
  final: Partial<Record<HeldOutPart, ClassificationMetrics>>;
  /** Of the model that was kept, on the test part where there is one. */
  confusion?: ConfusionMatrix & { split: HeldOutPart };
  /** Any number in any order; the page shows the surest 50. */
  mistakes: readonly Mistake[];
  /** Seconds each stage took, in order. */
  timings: Readonly<Record<string, number>>;
  /** Highest resident set of the training process, bytes. */
  peakMemoryBytes: number;
}

/** The scores that the report leads with: test where there is a test part, else validation. */
export const headlineScores = ({
  final,
}: Pick<RunReport, 'final'>): { split: HeldOutPart; metrics: ClassificationMetrics } | undefined => {
  if (final.test !== undefined) return { split: 'test', metrics: final.test };
  if (final.validation !== undefined) return { split: 'validation', metrics: final.validation };
  return undefined;
};
