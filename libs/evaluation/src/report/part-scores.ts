import type { MistakeRow } from '../error-analysis/mistake-rows.ts';
import type { ClassificationMetrics, Figures } from '../metrics.ts';
import type { MultiLabelMetrics } from '../multi-label-metrics.ts';
import type { Intervals } from '../significance/intervals.ts';
import type { PartScores } from './task-report.ts';

/** Metrics of any task as the report takes them: every number by its name, and the table of labels. */
export const partScores = (
  { n, ...metrics }: ClassificationMetrics | MultiLabelMetrics,
  intervals?: Intervals,
): PartScores => ({
  n,
  figures: Object.fromEntries(Object.entries(metrics).filter(([, value]) => typeof value === 'number')) as Figures,
  perLabel: 'perClass' in metrics ? metrics.perClass : metrics.perLabel,
  ...(intervals && { intervals }),
});

/** A text whose one label is wrong. */
export interface Mistake {
  text: string;
  pair?: string;
  source?: string;
  /** 1-based line of the text's file. */
  line?: number;
  expected: string;
  predicted: string;
  /** Probability of the predicted label, 0..1. */
  probability: number;
}

/** Mistakes of a single-label task as rows that any task's report takes. */
export const singleLabelMistakes = (mistakes: readonly Mistake[]): MistakeRow[] =>
  mistakes.map(({ expected, predicted, probability, ...text }, index) => ({
    ...text,
    index,
    expected: [expected],
    predicted: [predicted],
    missed: [expected],
    extra: [predicted],
    scores: [{ label: predicted, probability }],
    confidence: probability,
  }));
