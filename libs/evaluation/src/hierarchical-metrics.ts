import type { SingleLabelMetrics } from './metrics.ts';

/** One level of a hierarchy, coarse ones first. */
export interface HierarchyLevel {
  name: string;
  labels: readonly string[];
  /** Index of the right label, −1 for a label unseen in training: [texts]. */
  expected: Int32Array;
  /** Index of the answer: [texts]. */
  predicted: Int32Array;
  /** Index in the level above of each label's parent: [labels]. Left out at the first level. */
  parents?: readonly number[];
}

/** Figures by level and by path. Shares of texts, 0..1. */
export interface HierarchicalMetrics {
  n: number;
  levels: { name: string; metrics: SingleLabelMetrics }[];
  /** Right at every level. */
  pathAccuracy: number;
  /** By level below the first: share of right answers among the texts that are right at all levels above. */
  accuracyGivenParents: { name: string; n: number; accuracy: number }[];
  /** Answers whose parent, at every level, is the answer given there. */
  consistency: number;
  /** Over each label together with its ancestors, summed over texts (Kiritchenko et al. 2005). */
  hierarchicalPrecision: number;
  hierarchicalRecall: number;
  hierarchicalF1: number;
}
