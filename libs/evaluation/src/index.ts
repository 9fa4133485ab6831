export type { ClassMetrics, ClassificationMetrics } from './metrics.ts';
