import type { CalibrationReport } from '../calibration/calibration.ts';
import type { ConfusionMatrix } from '../confusion-matrix.ts';
import type { CrossSourceTable } from '../cross-source.ts';
import type { MistakeRow, MistakeText } from '../error-analysis/mistake-rows.ts';
import type { LabelSuspect, LikelyLabelErrors } from '../label-quality/likely-label-errors.ts';
import type { MultiLabelLikelyErrors, MultiLabelSuspect } from '../label-quality/multi-label-errors.ts';
import type { ClassMetrics, Figures } from '../metrics.ts';
import type { RankingMetrics } from '../ranking-metrics.ts';
import type { RelaxedCriteria } from '../relaxed-criteria.ts';
import type { Intervals } from '../significance/intervals.ts';
import type { SliceTable } from '../slices.ts';
import type { ThresholdSweep } from '../thresholds/sweep-thresholds.ts';
import type { TopKAccuracy } from '../top-k-accuracy.ts';
import type { AbstentionReport, ComparisonReport, FoldScores } from './report-extras.ts';

export type HeldOutPart = 'validation' | 'test' | 'out-of-fold';

/** Scores of one task on one part. */
export interface PartScores {
  /** Texts scored. */
  n: number;
  /** By name as in `SingleLabelMetrics` and `MultiLabelMetrics`; shares are within 0..1. */
  figures: Figures;
  perLabel: readonly ClassMetrics[];
  /** By figure. */
  intervals?: Intervals;
}

interface AnyTaskReport {
  name: string;
  /** Scores of the model that was kept. */
  final: Partial<Record<HeldOutPart, PartScores>>;
  /** Part that all below is of, where nothing else is said. @default the part with scores: test, else validation, else out-of-fold */
  split?: HeldOutPart;
  /** Any number in any order; the page shows the surest, `mistakes.csv` all. */
  mistakes: readonly MistakeRow[];
  /** `fittedOn`: the part that the temperature was chosen on. */
  calibration?: CalibrationReport & { fittedOn?: HeldOutPart };
  abstention?: AbstentionReport;
  slices?: readonly SliceTable[];
  crossSource?: CrossSourceTable;
  /** Mean and spread of the folds. */
  folds?: readonly FoldScores[];
  comparison?: ComparisonReport;
  ranking?: RankingMetrics;
}

export interface SingleLabelTaskReport extends AnyTaskReport {
  kind: 'single-label';
  confusion?: ConfusionMatrix;
  topK?: readonly TopKAccuracy[];
  /** From out-of-fold answers. */
  labelErrors?: Omit<LikelyLabelErrors, 'suspects'> & { suspects: readonly (LabelSuspect & MistakeText)[] };
}

export interface MultiLabelTaskReport extends AnyTaskReport {
  kind: 'multi-label';
  /** `split`: the part that thresholds were chosen on. */
  thresholds?: ThresholdSweep & { split?: HeldOutPart };
  /** The same part with the threshold 0.5 for every label: what tuning has brought. */
  atHalf?: PartScores;
  relaxed?: RelaxedCriteria;
  labelErrors?: Omit<MultiLabelLikelyErrors, 'suspects'> & { suspects: readonly (MultiLabelSuspect & MistakeText)[] };
}

/** What a run has to tell of one task. */
export type TaskReport = SingleLabelTaskReport | MultiLabelTaskReport;

const parts: readonly HeldOutPart[] = ['test', 'validation', 'out-of-fold'];

/** The part whose scores lead: the task's own choice, else test, validation, out-of-fold, whichever there is first. */
export const leadingPart = ({ split, final }: TaskReport): HeldOutPart | undefined =>
  [...(split === undefined ? [] : [split]), ...parts].find((part) => final[part] !== undefined);

/** The scores of `leadingPart`. */
export const leadingScores = (task: TaskReport): (PartScores & { split: HeldOutPart }) | undefined => {
  const split = leadingPart(task);
  return split === undefined ? undefined : { ...task.final[split]!, split };
};

/** Every part that has scores, validation first. */
export const scoredParts = ({ final }: Pick<TaskReport, 'final'>): [HeldOutPart, PartScores][] =>
  (['out-of-fold', 'validation', 'test'] as const).flatMap((part): [HeldOutPart, PartScores][] =>
    final[part] === undefined ? [] : [[part, final[part]]],
  );
