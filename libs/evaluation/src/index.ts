export { classificationMetrics } from './classification-metrics.ts';
export {
  confusionMatrix,
  mostConfused,
  type ConfusedPair,
  type ConfusionCell,
  type ConfusionMatrix,
} from './confusion-matrix.ts';
export { formatMetricsTable, type MetricsTableOptions } from './format-metrics-table.ts';
export type { ClassMetrics, ClassificationMetrics } from './metrics.ts';
export { renderReport } from './report/render-report.ts';
export type {
  DataSummary,
  EvaluationPoint,
  HeldOutPart,
  Mistake,
  RunReport,
  TrainingPoint,
} from './report/run-report.ts';
