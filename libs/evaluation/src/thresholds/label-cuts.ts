import { ratio } from '../shapes.ts';
import type { LabelColumn } from '../sorted-decisions.ts';
import { createBestCut } from './best-cut.ts';
import { between, shownThresholds, toThreshold, type Threshold } from './threshold.ts';

export interface LabelSweepPoint extends Threshold {
  precision: number;
  recall: number;
  f1: number;
}

/**
 * Visits the cuts of one label: the threshold, and the texts given and rightly given above it. A cut that adds wrong texts alone to
 * those above it is better for nothing, and is left out.
 */
const eachCut = ({ scores, right }: LabelColumn, visit: (logit: number, given: number, hits: number) => void): void => {
  let [hits, before] = [0, 0];
  for (let i = 0; i < scores.length; i++) {
    hits += right[i]!;
    if (hits === before || scores[i + 1] === scores[i]) continue;
    before = hits;
    visit(between(scores[i]!, scores[i + 1]), i + 1, hits);
  }
};

/** The threshold with the best F1 of one label; macro F1 is best where each label's F1 is. */
export const bestForF1 = (column: LabelColumn): number => {
  const { best, offer } = createBestCut({ value: 0, logit: 0 }, 1e-12);
  eachCut(column, (logit, given, hits) => void offer((2 * hits) / (column.support + given), logit));
  return best.logit;
};

/** The cut that adds most to 2 · hits − target · given. */
export const bestForTarget = (column: LabelColumn, target: number): number => {
  // Nothing given adds 0, and stands above the best score.
  const first = column.scores[0]!;
  const nothing = { value: 0, logit: Number.isFinite(first) ? first + 1 : first };
  const { best, offer } = createBestCut(nothing, 1e-9);
  eachCut(column, (logit, given, hits) => void offer(2 * hits - target * given, logit));
  return best.logit;
};

/** The label's own curve of about so many points, from the highest threshold down. */
export const labelCurve = ({ scores, right, support }: LabelColumn, points: number): LabelSweepPoint[] => {
  let [given, hits] = [0, 0];
  return shownThresholds(scores[0]!, scores.at(-1)!, points).map((logit) => {
    while (given < scores.length && scores[given]! >= logit) hits += right[given++]!;
    const [precision, recall] = [ratio(hits, given), ratio(hits, support)];
    return { ...toThreshold(logit), precision, recall, f1: ratio(2 * hits, support + given) };
  });
};
