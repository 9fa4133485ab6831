export { classificationMetrics } from './classification-metrics.ts';
export {
  confusionMatrix,
  mostConfused,
  type ConfusedPair,
  type ConfusionCell,
  type ConfusionMatrix,
} from './confusion-matrix.ts';
export { formatMetricsTable, type MetricsTableOptions, type TabledMetrics } from './format-metrics-table.ts';
export type { ClassMetrics, ClassificationMetrics, Figures, SingleLabelMetrics } from './metrics.ts';
export { topKAccuracy, type TopKAccuracy } from './top-k-accuracy.ts';
export { applyThresholds, withUnseenLabels, type MultiLabelAnswers } from './multi-label-answers.ts';
export { multiLabelMetrics, type LabelMetrics, type MultiLabelMetrics } from './multi-label-metrics.ts';
export { rankingMetrics, type LabelRanking, type RankingMetrics } from './ranking-metrics.ts';
export { relaxedCriteria, relaxedOutcomes, type RelaxedCriteria, type RelaxedOutcomes } from './relaxed-criteria.ts';
export { hierarchicalMetrics, type HierarchicalMetrics, type HierarchyLevel } from './hierarchical-metrics.ts';
export {
  sweepThresholds,
  type LabelThreshold,
  type ThresholdSweep,
  type ThresholdSweepOptions,
} from './thresholds/sweep-thresholds.ts';
export type { SweepMetric, SweepPoint } from './thresholds/global-sweep.ts';
export type { LabelSweepPoint } from './thresholds/label-cuts.ts';
export type { SweepScore } from './thresholds/score-thresholds.ts';
export type { Threshold } from './thresholds/threshold.ts';
export {
  calibrate,
  sigmoidCalibration,
  softmaxCalibration,
  type CalibrationFigures,
  type CalibrationOptions,
  type CalibrationReport,
  type ScoredPart,
} from './calibration/calibration.ts';
export type { ReliabilityBin } from './calibration/reliability-bins.ts';
export { fitSigmoidTemperature, fitSoftmaxTemperature, type FittedTemperature } from './calibration/temperature.ts';
export { groupByLabelCount, groupByLength, groupByName } from './groupings.ts';
export {
  multiLabelSlices,
  selectRows,
  singleLabelSlices,
  sliceTable,
  type Grouping,
  type Slice,
  type SliceTable,
} from './slices.ts';
export {
  crossSourceRows,
  crossSourceTable,
  type CrossSourceCell,
  type CrossSourceRow,
  type CrossSourceTable,
} from './cross-source.ts';
export { confusedLabels } from './error-analysis/confused-labels.ts';
export {
  multiLabelErrors,
  singleLabelErrors,
  type ErrorExamples,
  type LabelErrors,
} from './error-analysis/errors-by-label.ts';
export {
  multiLabelMistakes,
  singleLabelMistakes,
  type MistakeRow,
  type MistakeRowOptions,
  type MistakeText,
} from './error-analysis/mistake-rows.ts';
export { mistakesCsv, type CsvOptions } from './error-analysis/mistakes-csv.ts';
export {
  likelyLabelErrors,
  type JointCell,
  type LabelErrorOptions,
  type LabelSuspect,
  type LikelyLabelErrors,
} from './label-quality/likely-label-errors.ts';
export {
  likelyMultiLabelErrors,
  type MultiLabelLikelyErrors,
  type MultiLabelSuspect,
} from './label-quality/multi-label-errors.ts';
export type { MultiLabelFigure, SingleLabelFigure } from './significance/counted-texts.ts';
export {
  meanInterval,
  multiLabelIntervals,
  singleLabelIntervals,
  type BootstrapOptions,
  type Interval,
  type Intervals,
} from './significance/intervals.ts';
export {
  compareMultiLabelRuns,
  compareSingleLabelRuns,
  type CompareOptions,
  type PairedFigure,
  type Range,
  type RunComparison,
} from './significance/compare-runs.ts';
export { verdictOf, type Verdict } from './significance/verdict.ts';
export { mcnemarExact } from './significance/mcnemar.ts';
export { confidenceScores, type ConfidenceKind } from './abstention/confidence-scores.ts';
export { riskCoverage, type RiskCoverage, type RiskCoveragePoint } from './abstention/risk-coverage.ts';
export { outOfScopeDetection, type OutOfScopeDetection, type RocPoint } from './abstention/out-of-scope.ts';
export {
  abstentionScores,
  chooseAbstention,
  type AbstentionScores,
  type AbstentionTarget,
} from './abstention/abstention-threshold.ts';
export { writeEpochLogits, type EpochLogits, type EpochLogitsPart } from './epoch-logits.ts';
export { writeWhole } from './write-whole.ts';
export {
  answerLine,
  writeAnswers,
  type AnsweredTask,
  type AnsweredText,
  type AnswersHeader,
  type AnswersTask,
} from './answers/answers-file.ts';
export { collectAnswers, type Answers, type DecidedText, type Decision } from './answers/answers.ts';
export { readAnswers } from './answers/read-answers.ts';
export { compareAnswers, type AnswersComparison, type ComparedTask } from './comparison/compare-answers.ts';
export type { ChangedLabel } from './comparison/changed-labels.ts';
export type { FlippedText } from './comparison/flipped-texts.ts';
export type { ComparisonNote } from './comparison/match-answers.ts';
export { flipsCsv } from './comparison/flips-csv.ts';
export { comparisonPage, type ComparedRuns } from './report/comparison-page.ts';
export { figureName } from './report/figures.ts';
export { renderReport } from './report/render-report.ts';
export type {
  DataSummary,
  EvaluationPoint,
  HierarchyReport,
  LabelGroup,
  Notice,
  RunReport,
  TrainingPoint,
} from './report/run-report.ts';
export type {
  AbstentionReport,
  ComparisonReport,
  DuplicateText,
  FoldScores,
  NearDuplicates,
  RateTestReport,
  SearchReport,
  SearchTrial,
} from './report/report-extras.ts';
export type {
  HeldOutPart,
  MultiLabelTaskReport,
  PartScores,
  SingleLabelTaskReport,
  TaskReport,
} from './report/task-report.ts';
export { colors, vegaSvg } from './report/charts/vega-svg.ts';
