import { averagedFigures, type AveragedFigures } from './label-counts.ts';
import { fallingOrder } from './order.ts';
import { sigmoid } from '@taxon/probability';
import { ratio, rowsOf, sameLength } from './shapes.ts';

export type SweepMetric = 'macroF1' | 'microF1';

/** The same cut in two scales: `probability` is the sigmoid of `logit`. A label is given where its score is not below it. */
export interface Threshold {
  logit: number;
  probability: number;
}

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

export interface SweepPoint extends Threshold, Omit<AveragedFigures, `weighted${string}`> {
  /** Mean labels given to a text. */
  predictedLabels: number;
}

export interface LabelSweepPoint extends Threshold {
  precision: number;
  recall: number;
  f1: number;
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

/** F1 of a way to cut, on the texts that the thresholds were chosen on: flattering for the tuned ones. */
export interface SweepScore {
  macroF1: number;
  microF1: number;
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

const toThreshold = (logit: number): Threshold => ({ logit, probability: sigmoid(logit) });

/** Halfway between neighbouring scores, so that texts a little off fall on the same side. */
const between = (above: number, below: number | undefined): number => {
  const middle = below === undefined ? above : (above + below) / 2;
  return Number.isFinite(middle) ? middle : above;
};

/** Thresholds to show, falling: half of them evenly spaced as logits, half as probabilities, and 0. */
const shownThresholds = (highest: number, lowest: number, points: number): number[] => {
  const [top, bottom] = [Math.min(Math.max(highest, 0), 16), Math.max(Math.min(lowest, 0), -16)]; // σ(±16) is 1e-7 from its end
  const half = Math.max(2, Math.ceil(points / 2));
  const [topShare, bottomShare] = [sigmoid(top), sigmoid(bottom)];
  const shown = new Set<number>([0]);
  for (let i = 0; i < half; i++) {
    const share = topShare + ((bottomShare - topShare) * i) / (half - 1);
    shown.add(top + ((bottom - top) * i) / (half - 1)).add(Math.log(share / (1 - share)));
  }
  return [...shown].filter((logit) => Number.isFinite(logit)).sort((a, b) => b - a);
};

/** Keeps the best value met; among equal ones the threshold nearest to probability 0.5. */
const createBest = () => {
  const best = { value: 0, logit: 0 };
  const offer = (value: number, logit: number): void => {
    const closer = Math.abs(logit) < Math.abs(best.logit);
    // Sums that are kept up to date drift by rounding: what differs by less counts as equal.
    if (value > best.value + 1e-12 || (value > 0 && value >= best.value - 1e-12 && closer)) {
      best.value = value;
      best.logit = logit;
    }
  };
  return { best, offer };
};

/** All decisions by falling score, walked once: the counts of every label, and figures kept up to date at O(1) a step. */
const createTally = (classes: number, support: Uint32Array, n: number) => {
  const [predicted, hits] = [new Uint32Array(classes), new Uint32Array(classes)];
  const positives = support.reduce((sum, x) => sum + x, 0);
  let occurring = support.reduce((sum, x) => sum + Number(x > 0), 0);
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
  const macroF1 = (): number => ratio(f1s, occurring);
  const microF1 = (): number => ratio(2 * allHits, positives + allPredicted);
  const point = (logit: number): SweepPoint => ({
    ...toThreshold(logit),
    microPrecision: ratio(allHits, allPredicted),
    microRecall: ratio(allHits, positives),
    microF1: microF1(),
    macroPrecision: ratio(precisions, occurring),
    macroRecall: ratio(recalls, occurring),
    macroF1: macroF1(),
    predictedLabels: ratio(allPredicted, n),
  });
  return { give, macroF1, microF1, point };
};

interface Decisions {
  logits: Float32Array;
  expected: Uint8Array;
  classes: number;
  n: number;
  support: Uint32Array;
  /** Indices of decisions by falling logit. */
  order: Uint32Array;
}

/** The best single threshold, and the curve. */
const sweepTogether = (decisions: Decisions, metric: SweepMetric, points: number) => {
  const { logits, expected, classes, order } = decisions;
  const tally = createTally(classes, decisions.support, decisions.n);
  const { best, offer } = createBest();
  const lowest = order.length === 0 ? 0 : logits[order.at(-1)!]!;
  const shown = shownThresholds(logits[order[0]!] ?? 0, lowest, points);
  const curve: SweepPoint[] = [];
  let optimum = tally.point(0);
  for (let i = 0; i < order.length; i++) {
    const at = order[i]!;
    const score = logits[at]!;
    while (curve.length < shown.length && shown[curve.length]! > score) curve.push(tally.point(shown[curve.length]!));
    tally.give(at % classes, expected[at]!);
    const next = i + 1 < order.length ? logits[order[i + 1]!]! : undefined;
    if (next === score) continue;
    const before = best.logit;
    offer(tally[metric](), between(score, next));
    if (best.logit !== before || best.logit === 0) optimum = tally.point(best.logit);
  }
  while (curve.length < shown.length) curve.push(tally.point(shown[curve.length]!));
  const place = curve.findIndex(({ logit }) => logit <= best.logit);
  if (best.value > 0 && curve[place]?.logit !== best.logit) curve.splice(place < 0 ? curve.length : place, 0, optimum);
  return { global: best.logit, curve };
};

/** Each label's decisions by falling logit, from the one sorted list: [labels][texts] */
const splitByLabel = ({ order, classes, n }: Decisions): Uint32Array[] => {
  const lists = Array.from({ length: classes }, () => new Uint32Array(n));
  const filled = new Uint32Array(classes);
  for (const at of order) lists[at % classes]![filled[at % classes]!++] = at;
  return lists;
};

/** Visits every cut of one label's list: its threshold, and the texts given and rightly given above it. */
const eachCut = (
  { logits, expected }: Decisions,
  list: Uint32Array,
  visit: (logit: number, predicted: number, hits: number) => void,
): void => {
  let hits = 0;
  for (let i = 0; i < list.length; i++) {
    const score = logits[list[i]!]!;
    hits += expected[list[i]!]!;
    const next = i + 1 < list.length ? logits[list[i + 1]!]! : undefined;
    if (next !== score) visit(between(score, next), i + 1, hits);
  }
};

/** The threshold with the best F1 of one label; macro F1 is best where each label's F1 is. */
const bestForLabel = (decisions: Decisions, list: Uint32Array, support: number): number => {
  const { best, offer } = createBest();
  eachCut(decisions, list, (logit, predicted, hits) => offer((2 * hits) / (support + predicted), logit));
  return best.logit;
};

/** The cut of one label that adds most to 2 · hits − target · given: the step of Dinkelbach's method. */
const bestForTarget = (decisions: Decisions, list: Uint32Array, target: number): number => {
  // Nothing given adds 0, and stands above the best score.
  const first = decisions.logits[list[0]!]!;
  const best = { value: 0, logit: Number.isFinite(first) ? first + 1 : first };
  eachCut(decisions, list, (logit, predicted, hits) => {
    const value = 2 * hits - target * predicted;
    const closer = Math.abs(logit) < Math.abs(best.logit);
    if (value > best.value + 1e-9 || (value >= best.value - 1e-9 && closer)) {
      best.value = value;
      best.logit = logit;
    }
  });
  return best.logit;
};

/** F1 by label and over all labels at given thresholds. */
const scoreThresholds = ({ logits, expected, classes, support }: Decisions, thresholds: number | Float64Array) => {
  const [predicted, hits] = [new Uint32Array(classes), new Uint32Array(classes)];
  const cuts = typeof thresholds === 'number' ? new Float64Array(classes).fill(thresholds) : thresholds;
  for (let begin = 0; begin < logits.length; begin += classes)
    for (let label = 0; label < classes; label++)
      if (logits[begin + label]! >= cuts[label]!) {
        predicted[label]! += 1;
        hits[label]! += expected[begin + label]!;
      }
  const { macroF1, microF1 } = averagedFigures({ support, predicted, hits });
  return { score: { macroF1, microF1 }, f1: (i: number) => ratio(2 * hits[i]!, support[i]! + predicted[i]!) };
};

/** Thresholds that maximise micro F1 together: exact, since F1 is a ratio of sums over labels (Dinkelbach 1967). */
const bestForMicroF1 = (
  decisions: Decisions,
  lists: readonly Uint32Array[],
  tuned: readonly boolean[],
  global: number,
): Float64Array => {
  let cuts = new Float64Array(lists.length).fill(global);
  let value = scoreThresholds(decisions, cuts).score.microF1;
  for (let round = 0; round < 30; round++) {
    const next = cuts.map((cut, label) => (tuned[label]! ? bestForTarget(decisions, lists[label]!, value) : cut));
    const reached = scoreThresholds(decisions, next).score.microF1;
    if (reached <= value + 1e-12) break;
    [cuts, value] = [next, reached];
  }
  return cuts;
};

/** One label's own curve. */
const labelCurve = (decisions: Decisions, list: Uint32Array, support: number, points: number): LabelSweepPoint[] => {
  const score = (i: number): number => decisions.logits[list[i]!]!;
  const shown = shownThresholds(score(0), score(list.length - 1), points);
  let [given, hits] = [0, 0];
  return shown.map((logit) => {
    while (given < list.length && score(given) >= logit) hits += decisions.expected[list[given++]!]!;
    const [precision, recall] = [ratio(hits, given), ratio(hits, support)];
    return { ...toThreshold(logit), precision, recall, f1: ratio(2 * hits, support + given) };
  });
};

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
  options: ThresholdSweepOptions = {},
): ThresholdSweep => {
  const { metric = 'macroF1', minSupport = 10, points = 200, labelPoints = 0 } = options;
  sameLength('logits', logits, 'expected', expected);
  const classes = labels.length;
  const n = rowsOf('logits', logits, classes);
  const support = new Uint32Array(classes);
  for (let i = 0; i < expected.length; i++) support[i % classes]! += expected[i]!;
  const decisions: Decisions = { logits, expected, classes, n, support, order: fallingOrder(logits) };
  const { global, curve } = sweepTogether(decisions, metric, points);
  const lists = splitByLabel(decisions);
  const tuned = labels.map((_, i) => support[i]! > 0 && Math.min(support[i]!, n - support[i]!) >= minSupport);
  const cuts =
    metric === 'microF1'
      ? bestForMicroF1(decisions, lists, tuned, global)
      : Float64Array.from(tuned, (own, i) => (own ? bestForLabel(decisions, lists[i]!, support[i]!) : global));
  const [half, together, apart] = [0, global, cuts].map((thresholds) => scoreThresholds(decisions, thresholds));
  return {
    metric,
    n,
    global: toThreshold(global),
    perLabel: labels.map((label, i) => ({
      label,
      ...toThreshold(cuts[i]!),
      support: support[i]!,
      tuned: tuned[i]!,
      f1: apart!.f1(i),
      f1AtHalf: half!.f1(i),
      ...(labelPoints > 0 && n > 0 && { curve: labelCurve(decisions, lists[i]!, support[i]!, labelPoints) }),
    })),
    curve,
    scores: { half: half!.score, global: together!.score, perLabel: apart!.score },
  };
};
