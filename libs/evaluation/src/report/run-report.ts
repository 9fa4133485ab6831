import type { Figures } from '../metrics.ts';
import type { Intervals } from '../significance/intervals.ts';
import type { CrossSourceTable } from '../cross-source.ts';
import type { HierarchicalMetrics } from '../hierarchical-metrics.ts';
import type { ComparisonReport, NearDuplicates, RateTestReport, SearchReport } from './report-extras.ts';
import type { HeldOutPart, TaskReport } from './task-report.ts';

/** One optimizer step. */
export interface TrainingPoint {
  /** 1-based. */
  step: number;
  /** Epochs done, with fraction. */
  epoch: number;
  /** Mean loss of the step's texts. */
  loss: number;
  learningRate: number;
}

/** One scoring of a held-out part during training; a run of several tasks has one for each task. */
export interface EvaluationPoint {
  epoch: number;
  /** Steps done; 0 is before the first. */
  step: number;
  split: HeldOutPart;
  /** Mean loss of the part, over all tasks. */
  loss?: number;
  /** Such as `accuracy` and `macroF1`, within 0..1. */
  figures: Figures;
  /** Name of the task that the figures are of; absent: of the only one, or of all together. */
  task?: string;
}

export interface Notice {
  level: 'info' | 'warning';
  message: string;
}

export interface DataSummary {
  /** Every class of the training part with its texts there. */
  classes: readonly { label: string; count: number; task?: string }[];
  /** Texts in each part. */
  sizes: { train: number; validation: number; test: number };
  /** Where the data came from. */
  files?: readonly string[];
  notes: readonly Notice[];
}

/** Scores of a hierarchy as a whole; its levels are tasks of their own besides. */
export interface HierarchyReport {
  /** How an answer is found: greedily, or by joint probability. */
  decoding?: string;
  final: Partial<Record<HeldOutPart, HierarchicalMetrics>>;
  /** By figure, such as `pathAccuracy`. */
  intervals?: Partial<Record<HeldOutPart, Intervals>>;
}

/** A coarse label and the labels below it. */
export interface LabelGroup {
  name: string;
  labels: readonly string[];
}

/**
 * Everything that a finished run has to tell: plain data, so that it crosses processes. Whatever is optional and absent is left out of
 * the page; a label that one part lacks is no error anywhere.
 */
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
  /** Seconds each stage took, in order. */
  timings: Readonly<Record<string, number>>;
  /** Highest resident set of the training process, bytes. */
  peakMemoryBytes: number;
  /** What the run has to say beside what it found in the data. */
  notices?: readonly Notice[];
  /** In the order of the model's outputs. */
  tasks: readonly TaskReport[];
  hierarchy?: HierarchyReport;
  /** Which labels belong together: of a hierarchy, of a map, or of clustering. */
  labelGroups?: readonly LabelGroup[];
  nearDuplicates?: NearDuplicates;
  search?: SearchReport;
  rateTest?: RateTestReport;
  /** Of the run as a whole; a task may have its own. */
  comparison?: ComparisonReport;
  crossSource?: CrossSourceTable;
  /** Files of the run beside the page, that are not the page's own, by path relative to it. */
  files?: readonly { path: string; what: string }[];
}
