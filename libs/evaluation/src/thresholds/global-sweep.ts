import type { AveragedFigures } from '../label-counts.ts';
import { ratio } from '../shapes.ts';
import { labelOf, rightOf, type SortedDecisions } from '../sorted-decisions.ts';
import { createBestCut } from './best-cut.ts';
import { between, shownThresholds, toThreshold, type Threshold } from './threshold.ts';

export type SweepMetric = 'macroF1' | 'microF1';

export interface SweepPoint extends Threshold, Omit<AveragedFigures, `weighted${string}`> {
  /** Mean labels given to a text. */
  predictedLabels: number;
}

/** Counts of every label while decisions are walked by falling score, and figures kept up to date at O(1) a step. */
const createTally = (support: ArrayLike<number>, n: number) => {
  const classes = support.length;
  const [predicted, hits] = [new Uint32Array(classes), new Uint32Array(classes)];
  let [positives, occurring] = [0, 0];
  for (let label = 0; label < classes; label++) {
    positives += support[label]!;
    if (support[label]! > 0) occurring += 1;
  }
  let [allPredicted, allHits, precisions, recalls, f1s] = [0, 0, 0, 0, 0];
  const give = (label: number, right: number): void => {
    const [s, p, h] = [support[label]!, predicted[label]!, hits[label]!];
    if (s + p === 0) occurring += 1;
    const [nextP, nextH] = [p + 1, h + right];
    predicted[label] = nextP;
    hits[label] = nextH;
    allPredicted += 1;
    allHits += right;
    precisions += nextH / nextP - ratio(h, p);
    recalls += ratio(right, s);
    f1s += (2 * nextH) / (s + nextP) - ratio(2 * h, s + p);
  };
  const figures: Record<SweepMetric, () => number> = {
    macroF1: () => ratio(f1s, occurring),
    microF1: () => ratio(2 * allHits, positives + allPredicted),
  };
  const point = (logit: number): SweepPoint => ({
    ...toThreshold(logit),
    microPrecision: ratio(allHits, allPredicted),
    microRecall: ratio(allHits, positives),
    microF1: figures.microF1(),
    macroPrecision: ratio(precisions, occurring),
    macroRecall: ratio(recalls, occurring),
    macroF1: figures.macroF1(),
    predictedLabels: ratio(allPredicted, n),
  });
  return { give, figures, point };
};

/**
 * The best single threshold, exact over all distinct scores, and the curve of about so many points, by falling threshold.
 * @param support texts that carry each label: [labels]
 */
export const sweepGlobal = (
  { scores, decisions, n }: SortedDecisions,
  support: ArrayLike<number>,
  metric: SweepMetric,
  points: number,
): { logit: number; curve: SweepPoint[] } => {
  const { give, figures, point } = createTally(support, n);
  const figure = figures[metric];
  const { best, offer } = createBestCut({ value: 0, logit: 0 }, 1e-12);
  const shown = shownThresholds(scores[0] ?? 0, scores.at(-1) ?? 0, points);
  const curve: SweepPoint[] = [];
  let optimum = point(0);
  for (let i = 0; i < scores.length; i++) {
    const score = scores[i]!;
    while (curve.length < shown.length && shown[curve.length]! > score) curve.push(point(shown[curve.length]!));
    give(labelOf(decisions[i]!), rightOf(decisions[i]!));
    if (scores[i + 1] === score) continue;
    if (offer(figure(), between(score, scores[i + 1]))) optimum = point(best.logit);
  }
  while (curve.length < shown.length) curve.push(point(shown[curve.length]!));
  const place = curve.findIndex(({ logit }) => logit <= best.logit);
  if (best.value > 0 && curve[place]?.logit !== best.logit) curve.splice(place < 0 ? curve.length : place, 0, optimum);
  return { logit: best.logit, curve };
};
