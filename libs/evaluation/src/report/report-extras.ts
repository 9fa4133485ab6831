import type { AbstentionScores, AbstentionTarget } from '../abstention/abstention-threshold.ts';
import type { ConfidenceKind } from '../abstention/confidence-scores.ts';
import type { OutOfScopeDetection } from '../abstention/out-of-scope.ts';
import type { RiskCoverage } from '../abstention/risk-coverage.ts';
import type { Figures } from '../metrics.ts';
import type { RunComparison } from '../significance/compare-runs.ts';

/** Leaving texts unanswered. */
export interface AbstentionReport {
  /** What the threshold cuts. */
  confidence?: ConfidenceKind;
  riskCoverage?: RiskCoverage;
  outOfScope?: OutOfScopeDetection;
  target?: AbstentionTarget;
  /** What the chosen threshold does. */
  chosen?: AbstentionScores;
}

/** Another run on the same texts. */
export interface ComparisonReport {
  /** Names of the runs; this one is `b`. */
  a: string;
  b: string;
  comparison: RunComparison;
}

/** One of the texts of a pair that are nearly the same. */
export interface DuplicateText {
  text: string;
  /** Such as train or test. */
  part: string;
  labels?: readonly string[];
  /** 1-based line of the text's file. */
  line?: number;
}

/** Texts that are nearly the same in different parts: what a model has by heart tells nothing of how well it learned. */
export interface NearDuplicates {
  /** Similarity from which on a pair counts, 0..1. */
  threshold: number;
  /** Pairs found, at least as many as are given here. */
  found: number;
  /** In any order. */
  pairs: readonly { similarity: number; a: DuplicateText; b: DuplicateText }[];
}

export interface SearchTrial {
  /** 1-based. */
  number: number;
  /** The options that the search has set, by path, such as `optimizer.learningRate`. */
  options: Readonly<Record<string, unknown>>;
  state: 'complete' | 'pruned' | 'failed';
  /** The last value seen; null where there is none. */
  value: number | null;
  seconds?: number;
}

/** A search for options. */
export interface SearchReport {
  /** Figure that the search maximised, such as `macroF1`. */
  figure: string;
  trials: readonly SearchTrial[];
}

/** A range test of the learning rate. */
export interface RateTestReport {
  /** In the order of the updates: the rate of each, and the loss that it met. */
  points: readonly { rate: number; loss: number }[];
  /** What was taken. */
  rate: number;
}

/** One fold of a cross-validation. */
export interface FoldScores {
  /** Texts scored. */
  n: number;
  figures: Figures;
}
