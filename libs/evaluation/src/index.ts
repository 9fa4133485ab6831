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
