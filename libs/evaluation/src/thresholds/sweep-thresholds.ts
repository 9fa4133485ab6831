import { columnsOf, sortDecisions } from '../sorted-decisions.ts';
import { bestForMicroF1 } from './best-for-micro-f1.ts';
import { sweepGlobal, type SweepMetric, type SweepPoint } from './global-sweep.ts';
import { bestForF1, labelCurve, type LabelSweepPoint } from './label-cuts.ts';
import { scoreThresholds, type SweepScore } from './score-thresholds.ts';
import { toThreshold, type Threshold } from './threshold.ts';

export interface ThresholdSweepOptions {
  /** What the thresholds maximise. @default 'macroF1' */
  metric?: SweepMetric;
  /** A label with fewer texts, or fewer texts without it, keeps the global threshold: its optimum would be chance. @default 10 */
  minSupport?: number;
  /** Points of the curve, about. @default 200 */
  points?: number;
  /** Points of each label's own curve, about; 0 leaves them out. @default 0 */
  labelPoints?: number;
}

export interface LabelThreshold extends Threshold {
  label: string;
  support: number;
  /** Whether the threshold is the label's own; false: the global one. */
  tuned: boolean;
  /** F1 of the label at this threshold, and at probability 0.5, on the texts that it was chosen on. */
  f1: number;
  f1AtHalf: number;
  /** From the highest threshold down, where asked for. */
  curve?: LabelSweepPoint[];
}

export interface ThresholdSweep {
  metric: SweepMetric;
  n: number;
  /** The one threshold that is best for all labels: exact, over all distinct scores. */
  global: Threshold;
  perLabel: LabelThreshold[];
  /** By falling threshold; holds the optimum and probability 0.5. */
  curve: SweepPoint[];
  scores: { half: SweepScore; global: SweepScore; perLabel: SweepScore };
}

/**
 * Chooses thresholds of a multi-label classifier on a validation part: one for all labels, and one for each label with enough
 * texts. Both are exact optima over all distinct scores, found with one sort of all scores.
 * @param logits [texts, labels]
 * @param expected [texts, labels]
 * @throws RangeError for arrays that do not fit together: a bug of the caller
 */
export const sweepThresholds = (
  logits: Float32Array,
  expected: Uint8Array,
  labels: readonly string[],
  { metric = 'macroF1', minSupport = 10, points = 200, labelPoints = 0 }: ThresholdSweepOptions = {},
): ThresholdSweep => {
  const sorted = sortDecisions(logits, expected, labels.length);
  const { n } = sorted;
  const columns = columnsOf(sorted);
  const support = columns.map((column) => column.support);
  const { logit: global, curve } = sweepGlobal(sorted, support, metric, points);
  const tuned = support.map((count) => count > 0 && Math.min(count, n - count) >= minSupport);
  const cuts =
    metric === 'microF1'
      ? bestForMicroF1(columns, tuned, global)
      : columns.map((column, i) => (tuned[i] ? bestForF1(column) : global));
  const same = (logit: number): number[] => labels.map(() => logit);
  const [half, together, apart] = [same(0), same(global), cuts].map((all) => scoreThresholds(columns, all));
  return {
    metric,
    n,
    global: toThreshold(global),
    perLabel: labels.map((label, i) => ({
      label,
      ...toThreshold(cuts[i]!),
      support: support[i]!,
      tuned: tuned[i]!,
      f1: apart!.f1[i]!,
      f1AtHalf: half!.f1[i]!,
      ...(labelPoints > 0 && n > 0 && { curve: labelCurve(columns[i]!, labelPoints) }),
    })),
    curve,
    scores: { half: half!.score, global: together!.score, perLabel: apart!.score },
  };
};
