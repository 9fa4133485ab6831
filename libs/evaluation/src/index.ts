export { classificationMetrics } from './classification-metrics.ts';
export {
  confusionMatrix,
  mostConfused,
  type ConfusedPair,
  type ConfusionCell,
  type ConfusionMatrix,
} from './confusion-matrix.ts';
export { formatMetricsTable, type MetricsTableOptions } from './format-metrics-table.ts';
export type { ClassMetrics, ClassificationMetrics, Figures, SingleLabelMetrics } from './metrics.ts';
export { renderReport } from './report/render-report.ts';
export type {
  DataSummary,
  EvaluationPoint,
  HeldOutPart,
  Mistake,
  RunReport,
  TrainingPoint,
} from './report/run-report.ts';
export type { TopKAccuracy } from './top-k-accuracy.ts';
export type { MultiLabelAnswers } from './multi-label-answers.ts';
export type { LabelMetrics, MultiLabelMetrics } from './multi-label-metrics.ts';
export type { LabelRanking, RankingMetrics } from './ranking-metrics.ts';
export type { RelaxedCriteria, RelaxedOutcomes } from './relaxed-criteria.ts';
export type { HierarchicalMetrics, HierarchyLevel } from './hierarchical-metrics.ts';
export type {
  LabelSweepPoint,
  LabelThreshold,
  SweepPoint,
  SweepScore,
  Threshold,
  ThresholdSweep,
  ThresholdSweepOptions,
} from './threshold-sweep.ts';
export type { FittedTemperature } from './calibration/temperature.ts';
export type { CalibrationFigures, CalibrationReport } from './calibration/calibration.ts';
export type { Grouping, Slice, SliceTable } from './slices.ts';
export type { CrossSourceCell, CrossSourceRow, CrossSourceTable } from './cross-source.ts';
export type { ErrorExamples, LabelErrors } from './error-analysis/errors-by-label.ts';
export type { MistakeRow, MistakeText } from './error-analysis/mistake-rows.ts';
export type {
  JointCell,
  LabelSuspect,
  LikelyLabelErrors,
  MultiLabelLikelyErrors,
  MultiLabelSuspect,
} from './label-quality/likely-label-errors.ts';
export type { BootstrapOptions, Interval, Intervals } from './significance/intervals.ts';
export type { PairedFigure, RunComparison } from './significance/compare-runs.ts';
export type { ConfidenceKind } from './abstention/confidence-scores.ts';
export type { RiskCoverage, RiskCoveragePoint } from './abstention/risk-coverage.ts';
export type { OutOfScopeDetection, RocPoint } from './abstention/out-of-scope.ts';
export type { AbstentionScores, AbstentionTarget } from './abstention/abstention-threshold.ts';
export type { EpochLogits } from './epoch-logits.ts';
export type { ReliabilityBin } from './calibration/reliability-bins.ts';
